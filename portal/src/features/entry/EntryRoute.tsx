/** Entry of a document: new, or the working copy of one that is there. What was typed before a crash is offered again. */
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button, Result, Spin } from "antd";
import { useEffect, useRef, useState } from "react";
import { ask } from "@/api/client";
import { asProblem, problemOf } from "@/api/problems";
import { whoAmI } from "@/api/session";
import { loadCodes } from "@/catalogue/codes";
import { kindOfUrl, loadKind } from "@/catalogue/kinds";
import { draftOf, dropOld, type LocalDraft } from "@/document/drafts";
import { received } from "@/document/sending";
import { layoutOf } from "@/kinds/layouts";
import { Entry, type Whole } from "./entry";
import { EntryPage } from "./EntryPage";

type Asked = { system: string; url: string; direction: string; id: string | null };

function today(): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai" }).format(new Date()).replaceAll("-", "");
}

/** 企业内部编号 until the clerk gives another: day and time, which nobody has to think of. */
function ownNumber(kind: string): string {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" }).format(new Date());
  const prefix = { inventory: "QD", business_form: "SB", stock_bill: "CR", gate_pass: "HF" }[kind] ?? "DJ";
  return `${prefix}${parts.replace(/\D/g, "").slice(2)}`;
}

async function opened({ system, url, direction, id }: Asked): Promise<{ entry: Entry; draft: LocalDraft | null }> {
  const name = kindOfUrl(url);
  if (name === null) throw new RangeError(url);
  const [kind, tables, me] = await Promise.all([loadKind(name), loadCodes(), whoAmI()]);
  if (me === null) throw problemOf(401);
  const layout = layoutOf(kind);
  let start: { doc: ReturnType<typeof received>; whole: Whole | null };
  if (id === null) {
    const [firm, ...more] = me.enterprises;
    // Who declares is known where there is one firm; the rest of its 三码 is filled in when the document is saved.
    const mine = firm && more.length === 0 ? { declaring_code: firm.customs_code, declaring_name: firm.name } : {};
    const head = { internal_no: ownNumber(name), ...mine, ...layout.begin(direction, today()) };
    const document = received(kind, { head });
    start = { doc: document, whole: null };
  } else {
    const whole = await ask<Whole>(`/v1/${url}/${id}`);
    start = { doc: received(kind, whole.document), whole };
  }
  void dropOld(Date.now());
  const entry = new Entry(kind, layout, tables, system, me.id, new Set(me.permissions.map(({ code }) => code)), direction, start);
  const draft = await draftOf(entry.draftKey);
  return { entry, draft };
}

type Got = { entry: Entry; draft: LocalDraft | null; asked: Asked };

/** Whether the page that is open is the one the address names. A new document that was saved is: only its address changed. */
export function isThere(got: Got | null, asked: Asked): boolean {
  if (!got || got.asked.system !== asked.system || got.asked.url !== asked.url) return false;
  const { whole } = got.entry;
  if (asked.id !== null) return whole?.id === asked.id;
  return whole === null && got.asked.direction === asked.direction;
}

export function EntryRoute(): React.ReactNode {
  const { system = "z8", kind: url = "", id = null } = useParams({ strict: false });
  const direction = String(useSearch({ strict: false }).direction ?? "");
  const [got, setGot] = useState<Got | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [again, setAgain] = useState(0);
  const navigate = useNavigate();
  const shown = useRef<Got | null>(null);
  useEffect(() => {
    const asked = { system, url, direction, id };
    if (isThere(shown.current, asked)) return;
    let gone = false;
    shown.current?.entry.close();
    shown.current = null;
    setGot(null);
    setError(null);
    opened(asked).then(
      (found) => {
        if (gone) return found.entry.close();
        shown.current = { ...found, asked };
        setGot(shown.current);
      },
      (problem: unknown) => !gone && setError(problem),
    );
    return () => {
      gone = true;
    };
  }, [system, url, direction, id, again]);
  useEffect(() => () => shown.current?.entry.close(), []);
  if (error) {
    const problem = asProblem(error);
    return (
      <Result
        status="warning"
        title={problem.body.title}
        subTitle={problem.hint}
        extra={[
          <Button key="again" type="primary" onClick={() => setAgain((n) => n + 1)}>
            重试
          </Button>,
          <Button key="home" onClick={() => void navigate({ to: "/" })}>
            回首页
          </Button>,
        ]}
      />
    );
  }
  if (!got) return <Spin className="entry-wait" description="正在打开…" />;
  const { entry, draft, asked } = got;
  return <EntryPage key={entry.key} entry={entry} draft={draft} url={asked.url} system={asked.system} direction={asked.direction} />;
}
