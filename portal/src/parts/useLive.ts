import { useEffect, useRef } from "react";
import { onLive, type Told } from "@/api/live";

/** Hears every change while the calling part is shown. */
export function useLive(hear: (told: Told) => void): void {
  const heard = useRef(hear);
  heard.current = hear;
  useEffect(() => onLive((told) => heard.current(told)), []);
}
