/** How questions to the API are kept and asked again. */
import { QueryClient } from "@tanstack/react-query";
import { linkNow, onLink } from "@/api/link";
import { asProblem } from "@/api/problems";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: true,
      // A lost connection and a busy server mend themselves; what is wrong stays wrong.
      retry: (count, error) => {
        const { status } = asProblem(error);
        return status === 0 || ([429, 502, 503, 504].includes(status) && count < 20);
      },
      retryDelay: (count, error) => {
        const wait = asProblem(error).retryAfter;
        return wait ? wait * 1000 : Math.min(1000 * 2 ** count, 10_000);
      },
    },
  },
});

// What changed while the server did not answer is read as soon as it does.
let before = linkNow();
onLink(() => {
  const now = linkNow();
  if ((before === "lost" || before === "down") && (now === "good" || now === "slow")) void queries.invalidateQueries();
  before = now;
});
