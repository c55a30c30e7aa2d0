/** Conditions and columns kept under a name, for oneself or for the whole firm; one of them may open by itself. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal, Popconfirm } from "antd";
import { useRef, useState } from "react";
import { ask, ifMatch, json, newKey, patiently, send } from "@/api/client";
import { inWords } from "@/api/problems";
import { whoAmI } from "@/api/session";
import type { Kind } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";
import type { Conditions } from "./conditions";

export type View = {
  id: string;
  name: string;
  kind: string;
  conditions: Conditions;
  columns: string[];
  version: number;
  shared: boolean;
  default: boolean;
  own: boolean;
  owner: { name: string };
};

type Props = { kind: Kind; conditions: Conditions; columns: string[]; chosen: string; onView: (view: View | null) => void };

export const viewsOf = (kind: string): { queryKey: string[]; queryFn: () => Promise<{ items: View[] }> } => ({
  queryKey: ["views", kind],
  queryFn: () => ask<{ items: View[] }>(`/v1/views/saved?kind=${kind}`),
});

export function Views({ kind, conditions, columns, chosen, onView }: Props): React.ReactNode {
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [editing, setEditing] = useState<View | "new" | null>(null);
  const views = useQuery(viewsOf(kind.name));
  const session = useQuery({ queryKey: ["session"], queryFn: whoAmI, staleTime: Infinity });
  const mayShare = session.data?.permissions.some(({ code }) => code === "tenant.manage") ?? false;
  const drop = useMutation({
    mutationFn: (view: View) => send(`/v1/views/saved/${view.id}`, { method: "DELETE", headers: ifMatch(view.version) }),
    onSuccess: (_, view) => {
      void message.success(`已删除视图“${view.name}”`);
      onView(null);
      return queries.invalidateQueries({ queryKey: ["views", kind.name] });
    },
    onError: (error) => void message.error(inWords(error)),
  });
  const items = views.data?.items ?? [];
  const current = items.find((view) => view.id === chosen);
  const changeable = current && (current.own || mayShare);
  return (
    <span className="views">
      {items.length > 0 && (
        <select
          className="plain-input"
          aria-label="已保存的视图"
          value={current ? chosen : ""}
          onChange={(event) => onView(items.find((each) => each.id === event.target.value) ?? null)}
        >
          <option value="">全部单证</option>
          {[true, false].map((own) => {
            const among = items.filter((view) => view.own === own);
            return (
              among.length > 0 && (
                <optgroup key={String(own)} label={own ? "我的视图" : "单位共享"}>
                  {among.map((view) => (
                    <option key={view.id} value={view.id}>
                      {view.name}
                      {view.default ? "（默认）" : ""}
                      {own && view.shared ? "（已共享）" : ""}
                    </option>
                  ))}
                </optgroup>
              )
            );
          })}
        </select>
      )}
      {changeable && (
        <Popconfirm
          title={`删除视图“${current.name}”？`}
          description={current.shared ? "单位里的其他人也将看不到它。" : undefined}
          okText="删除"
          onConfirm={() => drop.mutate(current)}
        >
          <Button type="text" loading={drop.isPending}>
            删除视图
          </Button>
        </Popconfirm>
      )}
      {changeable && (
        <Button type="text" onClick={() => setEditing(current)}>
          修改视图
        </Button>
      )}
      <Button type="text" onClick={() => setEditing("new")}>
        存为视图
      </Button>
      {editing && (
        <ViewDialog
          kind={kind}
          conditions={conditions}
          columns={columns}
          view={editing === "new" ? null : editing}
          mayShare={mayShare}
          onClose={(view) => {
            setEditing(null);
            if (view) onView(view);
          }}
        />
      )}
    </span>
  );
}

type DialogProps = { kind: Kind; conditions: Conditions; columns: string[]; view: View | null; mayShare: boolean; onClose: (view: View | null) => void };

/** Names what is asked for now, or changes a view to it. */
function ViewDialog({ kind, conditions, columns, view, mayShare, onClose }: DialogProps): React.ReactNode {
  const queries = useQueryClient();
  const { message } = App.useApp();
  const key = useRef(newKey());
  const [name, setName] = useState(view?.name ?? "");
  const [shared, setShared] = useState(view?.shared ?? false);
  const [standard, setStandard] = useState(view?.default ?? false);
  const keep = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), kind: kind.name, conditions, columns, shared, default: standard };
      if (view) return ask<View>(`/v1/views/saved/${view.id}`, json("PUT", body, ifMatch(view.version)));
      const order = json("POST", body, { "Idempotency-Key": key.current });
      return patiently(() => ask<View>("/v1/views/saved", order));
    },
    onSuccess: async (kept) => {
      await queries.invalidateQueries({ queryKey: ["views", kind.name] });
      void message.success(`已保存视图“${kept.name}”`);
      onClose(kept);
    },
    onError: () => {
      key.current = newKey();
    },
  });
  const ready = name.trim() !== "";
  return (
    <Modal
      open
      title={view ? "修改视图" : "把当前的条件和列存为视图"}
      onCancel={() => onClose(null)}
      okText="保存"
      okButtonProps={{ disabled: !ready, loading: keep.isPending }}
      onOk={() => keep.mutate()}
      width={440}
    >
      {keep.isError && <ProblemView error={keep.error} />}
      {view && <p className="quiet">视图会改为现在的条件和列。</p>}
      <label htmlFor="view-name">名称</label>
      <Input id="view-name" value={name} maxLength={64} onChange={(event) => setName(event.target.value)} onPressEnter={() => ready && keep.mutate()} autoFocus />
      {(view === null || view.own) && (
        <label className="view-tick">
          <input type="checkbox" checked={standard} onChange={(event) => setStandard(event.target.checked)} /> 打开这个列表时默认使用
        </label>
      )}
      <label className="view-tick">
        <input type="checkbox" checked={shared} disabled={!mayShare} onChange={(event) => setShared(event.target.checked)} /> 单位里的每个人都能用
        {!mayShare && <span className="quiet">（由管理员设置）</span>}
      </label>
    </Modal>
  );
}
