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
  const soon = (gatherings.data?.items ?? []).filter((each) => each.days_left <= 30 && each.bills > each.being_gathered);
  const items = [...(alerts.data?.items ?? []).map(ofAlert), ...soon.map(ofGathering)].sort((a, b) => a.due.localeCompare(b.due));
  return { items, known: !alerts.isLoading && !gatherings.isLoading, more: alerts.data?.more ?? false, error: alerts.error ?? gatherings.error };
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
        <p className="quiet">30 天内没有账册、申报表、担保或集报到期，也没有余量不足的商品。</p>
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
