/** The state of a document in its colour: good, awaited, at work, come back, or at rest. */

const TONES: Record<string, string> = {
  sending: "busy",
  accepted: "busy",
  registered: "busy",
  manual_review: "warn",
  unknown: "warn",
  paused: "warn",
  suspended: "warn",
  failed: "bad",
  returned: "bad",
  registration_failed: "bad",
  stored: "still",
  draft: "still",
  deleted: "still",
  voided: "still",
  closed: "still",
};

export function toneOf(state: string): string {
  return TONES[state] ?? "good";
}

export function StateTag({ state, label }: { state: string; label: string }): React.ReactNode {
  return (
    <span className="state" data-tone={toneOf(state)}>
      {label}
    </span>
  );
}
