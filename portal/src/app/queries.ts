/** How questions to the API are kept and asked again. */
import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/api/problems";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: true,
      // A lost connection and a busy server mend themselves; what is wrong stays wrong.
      retry: (count, error) => [0, 429, 502, 503, 504].includes(asProblem(error).status) && count < 20,
      retryDelay: (count, error) => {
        const wait = asProblem(error).retryAfter;
        return wait ? wait * 1000 : Math.min(1000 * 2 ** count, 10_000);
      },
    },
  },
});
