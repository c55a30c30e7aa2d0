/** Why customs sent the document back, in its own words, with a way to each place that is named. */
import type { Entry } from "./entry";

export type Reason = { text: string; places: { pointer: string; label: string }[] };

export function ReasonsNote({ entry, onGo }: { entry: Entry; onGo: (pointer: string) => void }): React.ReactNode {
  const reasons = entry.whole?.reasons ?? [];
  if (reasons.length === 0) return null;
  return (
    <div className="entry-note entry-reasons" role="note">
      <b>{entry.whole?.open_round?.label ?? entry.whole?.state_label}原因</b>
      <ul>
        {reasons.map(({ text, places }) => (
          <li key={text}>
            {text}
            {places.map(({ pointer, label }) => (
              <button key={pointer} type="button" className="plain-button" onClick={() => onGo(pointer)}>
                去改“{label}”
              </button>
            ))}
          </li>
        ))}
      </ul>
    </div>
  );
}
