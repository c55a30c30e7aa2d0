/** Conditions and columns kept under a name. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal } from "antd";
import { useState } from "react";
import { ask, json, send } from "@/api/client";
import type { Kind } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";
import type { Conditions } from "./conditions";

export type View = { id: string; name: string; kind: string; conditions: Conditions; columns: string[]; version: number; shared: boolean };

type Props = { kind: Kind; conditions: Conditions; columns: string[]; onView: (view: View) => void };

export function Views({ kind, conditions, columns, onView }: Props): React.ReactNode {
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState("");
  const key = ["views", kind.name];
  const views = useQuery({ queryKey: key, queryFn: () => ask<{ items: View[] }>(`/v1/views/saved?kind=${kind.name}`) });
  const keep = useMutation({
    mutationFn: () => ask<View>("/v1/views/saved", json("POST", { name: name.trim(), kind: kind.name, conditions, columns })),
    onSuccess: async (view) => {
      setNaming(false);
      setName("");
      setChosen(view.id);
      await queries.invalidateQueries({ queryKey: key });
      void message.success(`已保存视图“${view.name}”`);
    },
  });
  const drop = useMutation({
    mutationFn: (view: View) => send(`/v1/views/saved/${view.id}`, { method: "DELETE", headers: { "If-Match": `"${view.version}"` } }),
    onSuccess: () => {
      setChosen("");
      return queries.invalidateQueries({ queryKey: key });
    },
  });
  const items = views.data?.items ?? [];
  const current = items.find((view) => view.id === chosen);
  return (
    <span className="views">
      {items.length > 0 && (
        <select
          className="plain-input"
          aria-label="已保存的视图"
          value={chosen}
          onChange={(event) => {
            setChosen(event.target.value);
            const view = items.find((each) => each.id === event.target.value);
            if (view) onView(view);
          }}
        >
          <option value="">我的视图…</option>
          {items.map((view) => (
            <option key={view.id} value={view.id}>
              {view.name}
            </option>
          ))}
        </select>
      )}
      {current && (
        <Button type="text" onClick={() => drop.mutate(current)} loading={drop.isPending}>
          删除视图
        </Button>
      )}
      <Button type="text" onClick={() => setNaming(true)}>
        存为视图
      </Button>
      <Modal
        open={naming}
        title="把当前的条件和列存为视图"
        onCancel={() => setNaming(false)}
        okText="保存"
        okButtonProps={{ disabled: !name.trim(), loading: keep.isPending }}
        onOk={() => keep.mutate()}
        width={420}
      >
        {keep.isError && <ProblemView error={keep.error} />}
        <label htmlFor="view-name">名称</label>
        <Input id="view-name" value={name} maxLength={64} onChange={(event) => setName(event.target.value)} onPressEnter={() => name.trim() && keep.mutate()} autoFocus />
      </Modal>
    </span>
  );
}
