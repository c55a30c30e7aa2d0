/** How questions to the API are kept and asked again. */
import { QueryClient, type InvalidateOptions, type InvalidateQueryFilters, type Query } from "@tanstack/react-query";
import { onLive, type Told } from "@/api/live";
import { linkNow, onLink } from "@/api/link";
import { asProblem } from "@/api/problems";

/** A first answer that is under way may be older than the word that it is old; the library would take it for new. */
export class Questions extends QueryClient {
  private readonly early = new WeakSet<Query>();

  override async invalidateQueries(filters: InvalidateQueryFilters = {}, options: InvalidateOptions = {}): Promise<void> {
    const found = this.getQueryCache().findAll({ ...filters, fetchStatus: "fetching" });
    const early = found.filter((query) => query.state.data === undefined && !this.early.has(query));
    early.forEach((query) => this.early.add(query));
    await super.invalidateQueries(filters, options);
    await Promise.all(early.map((query) => this.afterAnswer(query)));
  }

  private async afterAnswer(query: Query): Promise<void> {
    await query.promise?.catch(() => undefined);
    this.early.delete(query);
    await super.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }
}

/** Nothing that is kept stays what it was when a word says that it changed, shown or not. */
export function hear(questions: QueryClient, told: Told): void {
  if (told.event === "reset") void questions.invalidateQueries();
  else if (told.event === "change") void questions.invalidateQueries({ queryKey: ["document", told.change.id] });
}

/** While somebody is logged in. */
export function keepFresh(): () => void {
  return onLive((told) => hear(queries, told));
}

export const queries = new Questions({
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
