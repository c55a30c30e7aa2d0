/** Every address of the page. What stands behind one is fetched when it is first opened. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { kindOfUrl } from "@/catalogue/kinds";
import { Frame } from "./frame/Frame";
import { PageFailed } from "./PageFailed";
import { PageMissing } from "./PageMissing";

const root = createRootRoute({ component: Frame, errorComponent: PageFailed, notFoundComponent: PageMissing });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/home/HomePage"), "HomePage"),
});

/** Pages of documents stand under the system they belong to (z8 保税物流管理, z7 海关特殊监管区域) and the kind's address. */
function knownKind(params: { system: string; kind: string }): void {
  if (!/^z[78]$/.test(params.system) || kindOfUrl(params.kind) === null) throw redirect({ to: "/" });
}

const list = createRoute({
  getParentRoute: () => root,
  path: "/$system/$kind",
  beforeLoad: ({ params }) => knownKind(params),
  validateSearch: (search: Record<string, unknown>): Record<string, unknown> => search,
  component: lazyRouteComponent(() => import("@/features/query/QueryPage"), "QueryPage"),
});

/** One page for a new document and the saved one it becomes: the address changes, what is typed stays. */
const entering = createRoute({
  getParentRoute: () => root,
  id: "entering",
  component: lazyRouteComponent(() => import("@/features/entry/EntryRoute"), "EntryRoute"),
});

const entry = createRoute({
  getParentRoute: () => entering,
  path: "/$system/$kind/new",
  beforeLoad: ({ params }) => knownKind(params),
  validateSearch: (search: Record<string, unknown>): { direction?: "I" | "E" } =>
    search.direction === "I" || search.direction === "E" ? { direction: search.direction } : {},
});

const edit = createRoute({
  getParentRoute: () => entering,
  path: "/$system/$kind/$id/edit",
  beforeLoad: ({ params }) => knownKind(params),
});

const page = createRoute({
  getParentRoute: () => root,
  path: "/$system/$kind/$id",
  beforeLoad: ({ params }) => knownKind(params),
  component: lazyRouteComponent(() => import("@/features/document-page/DocumentPage"), "DocumentPage"),
});

const receipts = createRoute({
  getParentRoute: () => root,
  path: "/receipts",
  component: lazyRouteComponent(() => import("@/features/receipts/ReceiptsPage"), "ReceiptsPage"),
});

const batches = createRoute({
  getParentRoute: () => root,
  path: "/batches",
  component: lazyRouteComponent(() => import("@/features/batches/BatchesPage"), "BatchesPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([home, receipts, batches, list, page, entering.addChildren([entry, edit])]),
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
