/** What runs out soon or already has: guarantees, books and their lines, forms, and bills to be gathered; each leads on. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ask, BACKGROUND, type Schemas } from "@/api/client";
import { KINDS } from "@/catalogue/kinds";
import type { KindName } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";

type Alert = Schemas["Alert"];
type Gathering = Schemas["Gathering"];
type Item = { key: string; word: string; text: string; tone: string; due: string; to: React.ReactNode };

const MOST = 8;
const WORDS: Record<string, string> = {
  negative: "余量不足",
  line_ends: "账册商品",
  book_ends: "账册",
  document_ends: "申报表",
  guarantee_ends: "担保",
};
const TONES: Record<string, string> = { critical: "bad", warning: "warn", notice: "still" };

export function useExpiring(may: (permission: string) => boolean): { items: Item[]; known: boolean; more: boolean; error: unknown } {
  const alerts = useQuery({ queryKey: ["alerts"], queryFn: () => ask<Schemas["Alerts"]>("/v1/alerts?days=30", { headers: BACKGROUND }), enabled: may("ledger.read") });
  const gatherings = useQuery({
    queryKey: ["gatherings"],
    queryFn: () => ask<Schemas["Gatherings"]>("/v1/gatherings?limit=50", { headers: BACKGROUND }),
    enabled: may("document.read"),
  });
  const cards = useQuery({
    queryKey: ["cards", "expiring"],
    queryFn: () => ask<Schemas["Cards"]>("/v1/cards?expiring=30", { headers: BACKGROUND }),
    enabled: may("card.read"),
  });
  const authorisations = useQuery({ queryKey: ["authorisations", "ending"], queryFn: endingAuthorisations, enabled: may("document.read") });
  const soon = (gatherings.data?.items ?? []).filter((each) => each.days_left <= 30 && each.bills > each.being_gathered);
  const items = [
    ...(alerts.data?.items ?? []).map(ofAlert),
    ...soon.map(ofGathering),
    ...(cards.data?.items ?? []).map(ofCard),
    ...(authorisations.data ?? []).map(ofAuthorisation),
  ].sort((a, b) => a.due.localeCompare(b.due));
  return { items, known: ![alerts, gatherings, cards, authorisations].some((each) => each.isLoading), more: alerts.data?.more ?? false, error: alerts.error ?? gatherings.error ?? cards.error ?? authorisations.error };
}

function ofAlert(alert: Alert): Item {
  const kind = (alert.document_kind ?? "business_form") as KindName;
  const to = alert.document_id ? (
    <Link to="/$system/$kind/$id" params={{ system: "z8", kind: KINDS[kind].url, id: alert.document_id }}>
      查看{KINDS[kind].label}
    </Link>
  ) : alert.book_no ? (
    <Link to="/$system/$kind" params={{ system: "z8", kind: KINDS.inventory.url }} search={{ book_no: alert.book_no }}>
      查看该账册的清单
    </Link>
  ) : alert.guarantee_no ? (
    <Link to="/$system/$kind" params={{ system: "z8", kind: KINDS.business_form.url }} search={{ q: alert.guarantee_no }}>
      查看用它的申报表
    </Link>
  ) : null;
  return {
    key: [alert.kind, alert.text].join(),
    word: WORDS[alert.kind] ?? "即将到期",
    text: alert.text,
    tone: TONES[alert.severity] ?? "still",
    due: alert.due ?? "",
    to,
  };
}

function ofGathering(each: Gathering): Item {
  const waiting = each.bills - each.being_gathered;
  const name = each.business_form_no ?? "未填申报表";
  return {
    key: [each.enterprise_id, name, each.direction].join(),
    word: "集报",
    text: `申报表${name}有 ${waiting} 份出入库单待集中报关，${each.overdue ? `已于${each.deadline}逾期` : `须在${each.deadline}前申报`}`,
    tone: each.overdue ? "bad" : each.days_left <= 7 ? "warn" : "still",
    due: each.deadline,
    to: each.form ? (
      <Link to="/$system/$kind/$id" params={{ system: "z8", kind: KINDS.business_form.url, id: each.form.id }}>
        查看申报表
      </Link>
    ) : (
      <Link to="/$system/$kind" params={{ system: "z8", kind: KINDS.stock_bill.url }} search={{}}>
        查看出入库单
      </Link>
    ),
  };
}

function ofCard({ id, number, holder, firm_name, valid_until, days_left }: Schemas["Card"]): Item {
  const due = (valid_until ?? "").slice(0, 10);
  const gone = (days_left ?? 0) < 0;
  return {
    key: `card ${id}`,
    word: "操作员卡",
    text: `${firm_name} ${holder}的卡 ${number} ${gone ? `已于 ${due} 到期` : `${due} 到期`}`,
    tone: gone ? "bad" : (days_left ?? 0) <= 7 ? "warn" : "still",
    due,
    to: null,
  };
}

type Ending = { id: string; firm: string; until: string; client_id: string };

/** 委托 that end within 30 days and that no later one of the same firm follows. */
async function endingAuthorisations(): Promise<Ending[]> {
  const { items } = await ask<Schemas["Authorisations"]>("/v1/authorisations?limit=200", { headers: BACKGROUND });
  const held = items.filter((each) => each.withdrawn_on === null);
  const until = dayAfter(30);
  const ending = held.filter(
    (each) =>
      each.valid_until <= until &&
      each.valid_until >= dayAfter(0) &&
      !held.some((other) => other.client_id === each.client_id && other.enterprise_id === each.enterprise_id && String(other.kinds) === String(each.kinds) && other.valid_until > each.valid_until),
  );
  if (ending.length === 0) return [];
  const named = await ask<{ items: { id: string; name: string }[] }>("/v1/clients?limit=200", { headers: BACKGROUND }).catch(() => ({ items: [] }));
  return ending.map((each) => ({
    id: each.id,
    client_id: each.client_id,
    until: each.valid_until,
    firm: named.items.find((one) => one.id === each.client_id)?.name ?? "客户",
  }));
}

function ofAuthorisation({ id, firm, until }: Ending): Item {
  return { key: `authorisation ${id}`, word: "委托", text: `${firm}的委托 ${until} 到期，之后不能再为其申报`, tone: until <= dayAfter(7) ? "warn" : "still", due: until, to: null };
}

/** yyyy-MM-dd in Shanghai, so many days from today. */
function dayAfter(days: number): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(Date.now() + days * 86_400_000);
}

export function Expiring({ items, more, error }: { items: Item[]; more: boolean; error: unknown }): React.ReactNode {
  return (
    <section className="card">
      <h2>
        即将到期
        {items.length > 0 && <span className="quiet home-count">{items.length}{more && "+"}</span>}
      </h2>
      {error ? (
        <ProblemView error={error} />
      ) : items.length === 0 ? (
        <p className="quiet">30 天内没有账册、申报表、担保、委托、操作员卡或集报到期，也没有余量不足的商品。</p>
      ) : (
        <ul className="needs">
          {items.slice(0, MOST).map((item) => (
            <li key={item.key} data-tone={item.tone}>
              <b>{item.word}</b>
              <span>{item.text}</span>
              <span className="needs-kinds">{item.to}</span>
            </li>
          ))}
        </ul>
      )}
      {items.length > MOST && <p className="quiet">另有 {items.length - MOST} 项，按到期先后排列。</p>}
    </section>
  );
}
