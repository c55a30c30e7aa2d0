/** What the user ordered for many documents at once, and what was printed: each with its result, followed by itself. */
import { useState } from "react";
import "./batches.css";
import { BatchList } from "./BatchList";
import { PrintList } from "./PrintList";

const LISTS = { batches: "批量办理", prints: "打印任务" };

export function BatchesPage(): React.ReactNode {
  const [list, setList] = useState<keyof typeof LISTS>("batches");
  return (
    <div className="batches">
      <h1>批量与打印</h1>
      <div className="tabs" role="group" aria-label="看什么">
        {Object.entries(LISTS).map(([code, label]) => (
          <button key={code} type="button" className="tab" aria-pressed={list === code} onClick={() => setList(code as keyof typeof LISTS)}>
            {label}
          </button>
        ))}
      </div>
      {list === "batches" ? <BatchList /> : <PrintList />}
    </div>
  );
}
