/** Content from elsewhere: lines of a workbook, and a new document out of others that can still be used. */
import { App, Button } from "antd";
import { useRef, useState } from "react";
import { inWords } from "@/api/problems";
import { KINDS } from "@/catalogue/kinds";
import type { KindName } from "@/catalogue/types";
import type { Entry } from "./entry";
import { ImportDialog } from "./ImportDialog";
import { PickDialog } from "./PickDialog";

/** Excel into the document, which is saved first where it has something new. */
export function ImportButton({ entry }: { entry: Entry }): React.ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const { message } = App.useApp();
  const chosen = async (one: File): Promise<void> => {
    try {
      if (!entry.whole || entry.store.isDirty()) await entry.save();
      setFile(one);
    } catch (error) {
      message.error(`导入之前要先暂存：${inWords(error)}`, 6);
    }
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept=".xlsx"
        aria-label="选择 Excel 文件"
        onChange={(event) => {
          const [one] = event.target.files ?? [];
          event.target.value = "";
          if (one) void chosen(one);
        }}
      />
      <Button onClick={() => input.current?.click()}>导入 Excel</Button>
      {file && <ImportDialog entry={entry} file={file} onClose={() => setFile(null)} />}
    </>
  );
}

/** What this kind is made from; for a document that is not saved yet. */
export function PickButton({ entry }: { entry: Entry }): React.ReactNode {
  const [source, setSource] = useState<KindName | null>(null);
  if (entry.whole) return null;
  return (
    <>
      {entry.kind.made_from.map((name) => (
        <Button key={name} onClick={() => setSource(name)}>
          从{KINDS[name].label}生成
        </Button>
      ))}
      {source && <PickDialog kind={entry.kind} source={source} system={entry.system} onClose={() => setSource(null)} />}
    </>
  );
}
