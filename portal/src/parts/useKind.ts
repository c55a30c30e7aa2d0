import { useSuspenseQuery } from "@tanstack/react-query";
import { loadCodes, type CodeTable } from "@/catalogue/codes";
import { loadKind } from "@/catalogue/kinds";
import type { Kind, KindName } from "@/catalogue/types";

/** The catalogue of a kind; the page waits for it. */
export function useKind(name: KindName): Kind {
  return useSuspenseQuery({ queryKey: ["catalogue", name], queryFn: () => loadKind(name), staleTime: Infinity }).data;
}

/** The code tables; the page waits for them. */
export function useCodes(): Map<string, CodeTable> {
  return useSuspenseQuery({ queryKey: ["codes"], queryFn: loadCodes, staleTime: Infinity }).data;
}
