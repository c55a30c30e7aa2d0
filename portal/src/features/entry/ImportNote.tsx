/** After a workbook was taken: what came of it, and the way back while nothing else was saved. */
import { App, Button } from "antd";
import { inWords } from "@/api/problems";
import type { Entry } from "./entry";

export function ImportNote({ entry }: { entry: Entry }): React.ReactNode {
  const { message } = App.useApp();
  const { import: imported, whole } = entry;
  if (!imported || whole?.version !== imported.version) return null;
  const undo = (): void => {
    entry.undoImport().then(
      () => void message.success("已恢复到导入之前"),
      (error: unknown) => void message.error(inWords(error)),
    );
  };
  return (
    <div className="entry-note" role="status">
      已导入 {imported.what}。
      <Button size="small" onClick={undo}>
        撤销导入
      </Button>
    </div>
  );
}
