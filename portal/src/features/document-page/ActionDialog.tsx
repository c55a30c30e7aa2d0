/** Asks before something is done, shows what a check finds, and says what came of it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { App, Button, Input, Modal } from "antd";
import { useEffect, useId, useRef, useState } from "react";
import { ask, ifMatch, json, newKey, patiently, send, type Schemas } from "@/api/client";
import { asProblem, inWords } from "@/api/problems";
import type { Kind } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";
import type { ActionSpec } from "./actions";
import type { Doc } from "./answers";

type Props = { spec: ActionSpec | null; doc: Doc; kind: Kind; firm: string; onClose: () => void };

export function ActionDialog({ spec, doc, kind, firm, onClose }: Props): React.ReactNode {
  const [words, setWords] = useState("");
  const [typed, setTyped] = useState("");
  const id = useId();
  const key = useRef("");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { message } = App.useApp();

  const act = useMutation({
    mutationFn: async (wanted: ActionSpec) => {
      const path = `/v1/${kind.url}/${doc.id}${wanted.path ? `/${wanted.path}` : ""}`;
      const headers = { ...ifMatch(doc.version), "Idempotency-Key": key.current };
      if (wanted.method === "DELETE") return send(path, { method: "DELETE", headers }).then(() => null);
      const said = wanted.words && words.trim() ? { [wanted.words.field]: words.trim() } : {};
      return patiently(() => ask<{ id?: string }>(path, json("POST", { ...wanted.body, ...said }, headers)));
    },
    onSuccess: async (answer, wanted) => {
      void message.success(wanted.done);
      onClose();
      await queries.invalidateQueries({ queryKey: ["document", doc.id] });
      const system = doc.system.toLowerCase();
      if (wanted.then === "list") void navigate({ to: "/$system/$kind", params: { system, kind: kind.url }, search: {} });
      else if (wanted.then === "edit") void navigate({ to: "/$system/$kind/$id/edit", params: { system, kind: kind.url, id: doc.id } });
      else if (wanted.then === "copy" && answer?.id)
        void navigate({ to: "/$system/$kind/$id/edit", params: { system, kind: kind.url, id: answer.id } });
    },
    onError: (error, wanted) => {
      if (!wanted.ask) void message.error(inWords(error));
      if (asProblem(error).status === 412) void queries.invalidateQueries({ queryKey: ["document", doc.id] });
    },
  });

  const { mutate, reset } = act;
  useEffect(() => {
    setWords("");
    setTyped("");
    reset();
    key.current = newKey();
    if (spec && !spec.ask) {
      mutate(spec);
      onClose();
    }
    // One opening of the dialog is one order.
    // eslint-disable-next-line
  }, [spec]);

  const declaring = spec?.action === "declare";
  const check = useQuery({
    queryKey: ["document", doc.id, "check", doc.version],
    queryFn: () => ask<Schemas["DocumentCheck"]>(`/v1/${kind.url}/${doc.id}/validate?profile=declare`, json("POST", {})),
    enabled: declaring,
    staleTime: 0,
  });

  if (!spec?.ask) return null;
  const errors = declaring ? (check.data?.errors ?? []) : [];
  const ready =
    (!spec.words?.required || words.trim().length >= 2) && (!spec.typed || typed.trim() === spec.typed) && (!declaring || check.data?.ok === true);
  return (
    <Modal
      open
      title={`${spec.label}：${doc.internal_no}`}
      width={declaring ? 620 : 480}
      onCancel={onClose}
      footer={
        <>
          <Button onClick={onClose}>取消</Button>
          <Button type="primary" danger={spec.danger} disabled={!ready} loading={act.isPending} onClick={() => act.mutate(spec)}>
            {spec.label}
          </Button>
        </>
      }
    >
      {act.isError && <ProblemView error={act.error} />}
      {declaring ? (
        <>
          <dl className="facts">
            <dt>单证</dt>
            <dd>{kind.label}{doc.open_round ? `（${doc.open_round.label}）` : ""}</dd>
            <dt>申报企业</dt>
            <dd>{firm}</dd>
            {principal(kind, doc) && (
              <>
                <dt>为谁申报</dt>
                <dd>{principal(kind, doc)}</dd>
              </>
            )}
            <dt>表体</dt>
            <dd>{Array.isArray(doc.document.goods) ? `${doc.document.goods.length} 项` : "无"}</dd>
          </dl>
          {check.isPending && <p className="quiet" role="status">正在检查…</p>}
          {check.isError && <ProblemView error={check.error} again={() => void check.refetch()} />}
          {errors.length > 0 && <Findings title={`有 ${errors.length} 处必须先改正`} tone="bad" items={errors} />}
          {(check.data?.warnings.length ?? 0) > 0 && <Findings title="请留意（不影响申报）" tone="warn" items={check.data?.warnings ?? []} />}
          {check.data?.ok && <p className="check-good">检查通过，可以申报。</p>}
        </>
      ) : (
        <p>{spec.ask}</p>
      )}
      {spec.words && (
        <>
          <label htmlFor={`${id}-words`}>{spec.words.label}</label>
          <Input.TextArea id={`${id}-words`} rows={3} maxLength={500} value={words} onChange={(event) => setWords(event.target.value)} autoFocus />
        </>
      )}
      {spec.typed && (
        <>
          <label htmlFor={`${id}-typed`}>请输入“{spec.typed}”二字</label>
          <Input id={`${id}-typed`} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
        </>
      )}
    </Modal>
  );
}

function principal(kind: Kind, doc: Doc): string {
  const head = doc.document.head;
  if (!kind.principal || !head || Array.isArray(head)) return "";
  return [head[`${kind.principal}_code`], head[`${kind.principal}_name`]].filter(Boolean).join(" ");
}

function Findings({ title, tone, items }: { title: string; tone: string; items: Schemas["Problem"][] }): React.ReactNode {
  return (
    <section className="findings" data-tone={tone}>
      <h3>{title}</h3>
      <ul>
        {items.slice(0, 50).map((each, at) => (
          <li key={at}>
            {each.message}
            <span className="quiet">　{each.hint}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
