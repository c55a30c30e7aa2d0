import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { App, Button } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { kindOfUrl } from "@/catalogue/kinds";
import type { Kind, KindName } from "@/catalogue/types";
import { download } from "@/parts/files";
import { useKeyHelp } from "@/parts/KeyHelp";
import { PrintDialog, type PrintOrder } from "@/parts/PrintDialog";
import { ProblemView } from "@/parts/ProblemView";
import { useKind } from "@/parts/useKind";
import { usePreference } from "@/parts/usePreference";
import { patiently } from "@/api/client";
import { inWords } from "@/api/problems";
import { whoAmI } from "@/api/session";
import { AdoptDialog } from "./AdoptDialog";
import { BatchDialog, type BatchAction } from "./BatchDialog";
import { ColumnsDialog } from "./ColumnsDialog";
import { fromSearch, officialColumns, type Conditions } from "./conditions";
import { ConditionsPanel } from "./ConditionsPanel";
import { ListTable } from "./ListTable";
import { widthOf } from "./rows";
import { StateTabs } from "./StateTabs";
import { useList } from "./useList";
import { Views, viewsOf, type View } from "./Views";
import "./query.css";

const KEYS = {
  title: "查询列表",
  keys: [
    ["↑+↓", "上一份、下一份"],
    ["Enter", "打开"],
    ["空格", "选中，Shift+空格 选一段"],
    ["PgUp+PgDn", "翻页"],
  ] as [string, string][],
};

export function QueryPage(): React.ReactNode {
  const { system, kind: url } = useParams({ from: "/$system/$kind" });
  const kind = useKind(kindOfUrl(url) as KindName);
  return <Listing key={`${system}/${url}`} kind={kind} system={system} />;
}

function Listing({ kind, system }: { kind: Kind; system: string }): React.ReactNode {
  const search = useSearch({ from: "/$system/$kind" });
  const navigate = useNavigate({ from: "/$system/$kind" });
  const { message } = App.useApp();
  const conditions = useMemo(() => fromSearch(kind, search), [kind, search]);
  const standard = useMemo(() => officialColumns(kind), [kind]);
  const [shown, setShown] = usePreference<string[]>(`list.${kind.name}.columns`, standard);
  const [adopting, setAdopting] = useState(false);
  const session = useQuery({ queryKey: ["session"], queryFn: whoAmI, staleTime: Infinity });
  const mayAdopt = session.data?.permissions.some((each) => each.code === "document.resolve") ?? false;
  const [widths, setWidths] = usePreference<Record<string, number>>(`list.${kind.name}.widths`, {});
  const [open, setOpen] = usePreference<boolean>("list.conditions", false);
  const [ofView, setColumnsOfView] = useState<string[] | null>(null);
  const columns = useMemo(() => (ofView ?? shown).filter((name) => name in kind.columns), [ofView, shown, kind]);
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [choosing, setChoosing] = useState(false);
  const [batch, setBatch] = useState<BatchAction | null>(null);
  const [print, setPrint] = useState<PrintOrder | null>(null);
  const [view, setView] = useState("");
  const own = useDefaultView(kind, Object.keys(search).length === 0);
  const list = useList(kind, system, conditions, own !== "awaited");
  const { rows, pages } = list;
  useKeyHelp(KEYS);

  const ask = (wanted: Conditions): void => {
    setChosen(new Set());
    void navigate({ search: wanted, replace: true });
  };
  const look = (wanted: View | null): void => {
    setView(wanted?.id ?? "");
    setColumnsOfView(wanted?.columns.length ? wanted.columns : null);
    ask(wanted?.conditions ?? {});
  };
  // The user's own default, where the address asks for nothing.
  const opened = useRef(false);
  useEffect(() => {
    if (own === "awaited" || opened.current) return;
    opened.current = true;
    if (own) look(own);
  });
  const { fetchNextPage, hasNextPage, isFetching } = pages;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const [exporting, setExporting] = useState(false);
  async function exportAll(): Promise<void> {
    const names = columns.filter((name) => name !== "open_round").join();
    const of = conditions.state ? "" : ` ${list.counts?.total ?? ""} 份`;
    const say = (bytes: number): void =>
      void message.open({ key: "export", type: "loading", duration: 0, content: `正在导出${of}…${bytes ? ` 已收到 ${Math.ceil(bytes / 1024)} KB` : ""}` });
    setExporting(true);
    say(0);
    try {
      await patiently(() => download(`/v1/${kind.url}/list.xlsx?${list.query}&columns=${names}`, {}, say));
      void message.open({ key: "export", type: "success", content: `已导出${of}，请在浏览器的下载文件夹中查看` });
    } catch (error) {
      void message.open({ key: "export", type: "error", duration: 6, content: inWords(error) });
    } finally {
      setExporting(false);
    }
  }
  const picked = rows.filter((row) => chosen.has(row.id));
  const asked = Object.keys(conditions).length > 0;
  const setWidth = (name: string, width: number): void => setWidths((old) => ({ ...old, [name]: Math.round(width) }));

  return (
    <div className="query">
      <header className="query-head">
        <h1>{kind.label}查询</h1>
        <span className="query-space" />
        <Views kind={kind} conditions={conditions} columns={columns} chosen={view} onView={look} />
        <Button type="text" onClick={() => setChoosing(true)}>
          列设置
        </Button>
        <Button
          type="text"
          disabled={rows.length === 0}
          loading={exporting}
          onClick={() => void exportAll()}
        >
          导出
        </Button>
        {mayAdopt && (
          <Button type="text" title="在单一窗口官方页面申报的单证，接到这里继续办理" onClick={() => setAdopting(true)}>
            接管
          </Button>
        )}
        <NewButtons kind={kind} system={system} />
      </header>
      <ConditionsPanel kind={kind} conditions={conditions} onAsk={ask} open={open} onOpen={(now) => setOpen(() => now)} />
      <StateTabs counts={list.counts} conditions={conditions} onAsk={ask} />
      {pages.isError && rows.length === 0 && <ProblemView error={pages.error} again={() => void pages.refetch()} />}
      <div className="query-list card">
        {list.others > 0 && (
          <button type="button" className="query-news" onClick={() => void list.renew()}>
            有新的变化，点此刷新列表
          </button>
        )}
        <ListTable
          kind={kind}
          rows={rows}
          columns={columns}
          widths={widths}
          onWidth={setWidth}
          chosen={chosen}
          onChosen={setChosen}
          changed={(id) => list.fresh.has(id)}
          onEnd={more}
          busy={pages.isPending || pages.isFetchingNextPage}
          empty={pages.isError ? null : <Nothing kind={kind} system={system} asked={asked} onAll={() => ask({})} />}
        />
      </div>
      <footer className="query-foot">
        {picked.length > 0 ? (
          <>
            <span>已选 {picked.length} 份</span>
            <Button type="primary" onClick={() => setBatch("declare")}>
              申报
            </Button>
            <Button onClick={() => setBatch("stage")}>暂存到单一窗口</Button>
            <Button
              onClick={() =>
                setPrint({
                  title: `打印 ${picked.length} 份${kind.label}`,
                  path: "/v1/print-jobs",
                  body: { documents: picked.map(({ id }) => ({ kind: kind.name, id })) },
                })
              }
            >
              打印
            </Button>
            <Button danger onClick={() => setBatch("delete")}>
              删除
            </Button>
            <Button type="text" onClick={() => setChosen(new Set())}>
              取消选择
            </Button>
          </>
        ) : (
          <span className="quiet">
            已显示 {rows.length}
            {list.counts && !conditions.state ? ` / ${list.counts.total}` : ""} 份
          </span>
        )}
      </footer>
      <ColumnsDialog kind={kind} open={choosing} columns={columns} standard={standard} widthOf={(name) => widths[name] ?? widthOf(name)} onWidth={setWidth} onClose={() => setChoosing(false)} onColumns={ofView ? setColumnsOfView : (names) => setShown(() => names)} />
      <BatchDialog
        kind={kind}
        action={batch}
        rows={picked}
        onClose={(done) => {
          setBatch(null);
          if (done) {
            setChosen(new Set());
            void list.renew();
          }
        }}
      />
      <PrintDialog order={print} onClose={() => setPrint(null)} />
      {adopting && <AdoptDialog kind={kind} system={system} onClose={() => setAdopting(false)} />}
    </div>
  );
}

/** The user's default view; "awaited" until it is known whether there is one. */
function useDefaultView(kind: Kind, wanted: boolean): View | null | "awaited" {
  const [asked] = useState(wanted);
  const views = useQuery({ ...viewsOf(kind.name), enabled: asked });
  if (!asked) return null;
  if (views.isPending) return "awaited";
  return views.data?.items.find((view) => view.default) ?? null;
}

function NewButtons({ kind, system }: { kind: Kind; system: string }): React.ReactNode {
  const directions = kind.name === "inventory" ? ([["I", "新增（进口）"], ["E", "新增（出口）"]] as const) : ([[undefined, "新增"]] as const);
  return directions.map(([direction, label], at) => (
    <Link
      key={label}
      className={`ant-btn-like${at === 0 ? " primary" : ""}`}
      to="/$system/$kind/new"
      params={{ system, kind: kind.url }}
      search={direction ? { direction } : {}}
    >
      {label}
    </Link>
  ));
}

function Nothing({ kind, system, asked, onAll }: { kind: Kind; system: string; asked: boolean; onAll: () => void }): React.ReactNode {
  return (
    <div className="query-nothing">
      <p>{asked ? "没有符合条件的单证" : `还没有${kind.label}`}</p>
      {asked ? (
        <Button onClick={onAll}>清空条件，查看全部</Button>
      ) : (
        <>
          <p className="quiet">{kind.made_from.length > 0 ? "可以直接新增，也可以在已通过的单证上点“生成下一单证”。" : "新增一份，填好后申报；结果会自动显示在这里。"}</p>
          <NewButtons kind={kind} system={system} />
        </>
      )}
    </div>
  );
}
