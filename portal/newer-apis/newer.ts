/**
 * What the oldest browsers we serve do not have. Vite lowers syntax, not the library of the browser; so names come from MDN's
 * compatibility data: every global, static and member, every selector, at-rule and colour function that came later.
 *
 * In a script a call of one is a fault, unless the same file also asks whether it is there (`typeof X`, `"x" in y`, `y.x?.()`,
 * or reading `y.x` without calling it). A member that something older has too, e.g. `has`, says nothing and is left out.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "vite";

export const OLDEST = { chrome: 109, firefox: 115 } as const;
type Browser = keyof typeof OLDEST;
type Added = { version_added?: string | boolean; flags?: unknown };
type Compat = { support?: Record<string, Added | Added[]>; spec_url?: string | string[] };
type Branch = { __compat?: Compat } & { [name: string]: Branch };
type Node = { type: string; [field: string]: unknown };

const data = JSON.parse(readFileSync(join(import.meta.dirname, "node_modules/@mdn/browser-compat-data/data.json"), "utf8")) as Branch;

function has(compat: Compat, browser: Browser): boolean {
  return [compat.support?.[browser] ?? []].flat().some(({ flags, version_added }) => {
    if (flags || typeof version_added !== "string") return version_added === true;
    return Number.parseFloat(version_added.replace("≤", "")) <= OLDEST[browser];
  });
}
/** What stands below, without what is told of the branch itself. */
const below = (tree: Branch | undefined): [string, Branch][] => Object.entries(tree ?? {}).filter(([name]) => name !== "__compat") as [string, Branch][];
const everywhere = (compat: Compat | undefined): boolean => !compat || (has(compat, "chrome") && has(compat, "firefox"));

/** `newer`: as it is written in a script → what it is. `older`: members that something we may rely on has too. */
const globals = new Set<string>();
const newer = new Map<string, string>();
const older = new Set<string>();

function isStatic(owner: string, name: string, compat: Compat): boolean {
  const clause = `#sec-${owner}.${name}`.toLowerCase();
  return name.endsWith("_static") || owner === "Intl" || [compat.spec_url ?? []].flat().some((url) => url.toLowerCase().endsWith(clause));
}

function learn(tree: Branch | undefined): void {
  for (const [owner, branch] of below(tree)) {
    // What belongs to a newer class is reached only by what is newer itself; but every list has iterators.
    const reached = everywhere(branch.__compat) || owner === "Iterator";
    if (!everywhere(branch.__compat)) globals.add(owner);
    for (const [name, { __compat: compat }] of below(branch)) {
      if (name === owner || !compat || name.startsWith("@@") || name.endsWith("_event")) continue;
      const written = name.replace(/_static$/, "");
      if (everywhere(compat)) older.add(written);
      else if (isStatic(owner, name, compat)) newer.set(`${owner}.${written}`, `${owner}.${written}`);
      else if (reached && !newer.has(written)) newer.set(written, `${owner}.prototype.${written}`);
    }
  }
}
learn(data.api);
learn(data.javascript?.builtins);
for (const name of older) newer.delete(name);

const BINDS = new Set(["VariableDeclarator", "FunctionDeclaration", "ClassDeclaration", "FunctionExpression", "ArrowFunctionExpression", "ImportSpecifier", "CatchClause"]);

/** What a script calls without asking first. */
export function newerInScript(source: string): string[] {
  const asked = new Set<string>();
  const used = new Map<string, string>();
  const visit = (node: unknown, parent: Node | null, field: string): void => {
    if (Array.isArray(node)) return node.forEach((one) => visit(one, parent, field));
    if (typeof node !== "object" || node === null || !("type" in node)) return;
    const here = node as Node;
    const isCalled = (parent?.type === "CallExpression" || parent?.type === "NewExpression") && field === "callee";
    const isFollowed = parent?.type === "MemberExpression" && field === "object";
    if (here.type === "MemberExpression" && !here.computed) {
      const name = (here.property as Node).name as string;
      const object = here.object as Node;
      const found = newer.get(object.type === "Identifier" ? `${object.name as string}.${name}` : "") ?? newer.get(name);
      if (found && (isCalled || isFollowed) && !parent?.optional) used.set(name, found);
      else if (found) asked.add(name);
      return visit(object, here, "object");
    }
    if (here.type === "Identifier" && globals.has(here.name as string)) {
      const name = here.name as string;
      if (isCalled || isFollowed) used.set(name, name);
      else if (parent?.type === "UnaryExpression" || (BINDS.has(parent?.type ?? "") && field !== "init" && field !== "body")) asked.add(name);
    }
    if (here.type === "BinaryExpression" && here.operator === "in" && (here.left as Node).type === "Literal") asked.add(String((here.left as Node).value));
    for (const [key, child] of Object.entries(here)) {
      if (!(key === "key" && here.type === "Property" && !here.computed)) visit(child, here, key);
    }
  };
  visit(parseAst(source), null, "");
  return [...used].filter(([name]) => !asked.has(name)).map(([, full]) => full);
}

const later = (tree: Branch | undefined): string[] =>
  below(tree).flatMap(([name, branch]) => (everywhere(branch.__compat) ? [] : [name]));
const naming = (names: string[], before: string, after: string): RegExp => new RegExp(`${before}(?:${names.join("|")})${after}`, "g");
const selectors = naming(later(data.css?.selectors), ":{1,2}", "(?![\\w-])");
const rules = naming(later(data.css?.["at-rules"]), "@", "(?![\\w-])");
const colours = naming(later(data.css?.types?.color), "\\b", "\\(");

/** What such a browser drops: an unknown selector takes its whole rule along. */
export function newerInStyle(source: string): string[] {
  const heads = [...source.matchAll(/[^{};]+(?=\{)/g)].map(([head]) => head).join("\n");
  return [...new Set([...(heads.match(selectors) ?? []), ...(heads.match(rules) ?? []), ...(source.match(colours) ?? [])])];
}
