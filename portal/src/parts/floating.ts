/** A list beside the field it belongs to, over whatever would cut it off: below where there is room, else above. */
import { useLayoutEffect, useState } from "react";

const MOST = 236;
const EDGE = 8;

/** Styles of the list while it is open. `at` moves with what it belongs to. */
export function useFloating(open: boolean, field: () => Element | null | undefined, at: unknown = null): React.CSSProperties | undefined {
  const [place, setPlace] = useState<React.CSSProperties>();
  useLayoutEffect(() => {
    const box = open ? field()?.getBoundingClientRect() : undefined;
    if (!box) return;
    const below = innerHeight - box.bottom - EDGE;
    const under = below >= MOST || below >= box.top;
    setPlace({
      position: "fixed",
      minWidth: box.width,
      maxHeight: Math.min(MOST, under ? below : box.top - EDGE),
      ...(box.left > innerWidth / 2 ? { left: "auto", right: innerWidth - box.right } : { left: box.left, right: "auto" }),
      ...(under ? { top: box.bottom, bottom: "auto" } : { top: "auto", bottom: innerHeight - box.top }),
    });
  }, [open, at]);
  return place;
}
