/** What happened, the newest first: plain words, who did it, how long it took, and what customs wrote. */
import { clock, howLong, shortTime } from "@/parts/times";
import { toneOf } from "@/parts/StateTag";
import type { Step } from "./answers";

export function Timeline({ steps }: { steps: Step[] }): React.ReactNode {
  const shown = [...steps].reverse();
  return (
    <ol className="timeline">
      {shown.map((step, at) => {
        const before = shown[at + 1];
        const took = before ? Date.parse(step.occurred_at) - Date.parse(before.occurred_at) : 0;
        const moved = before ? before.state !== step.state : true;
        const reasons = (step.fact?.reasons ?? []).filter((reason) => reason && reason !== step.text);
        return (
          <li key={step.version} data-tone={moved ? toneOf(step.state) : undefined}>
            <div className="timeline-line">
              <span>{step.text}</span>
              {moved && <span className="state" data-tone={toneOf(step.state)}>{step.state_label}</span>}
            </div>
            {reasons.map((reason) => (
              <blockquote key={reason}>{reason}</blockquote>
            ))}
            {step.notes?.map((note) => (
              <div key={note} className="quiet">{note}</div>
            ))}
            <div className="timeline-when" title={step.occurred_at}>
              {shortTime(step.occurred_at)}:{clock(step.occurred_at).slice(6)}
              {step.actor && <>　{step.actor.name}</>}
              {took >= 60_000 && <>　距上一步 {howLong(took)}</>}
              {took > 0 && took < 60_000 && <>　+{(took / 1000).toFixed(1)} 秒</>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
