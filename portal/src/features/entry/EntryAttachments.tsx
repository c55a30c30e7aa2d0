/** 随附单据 in entry: files dropped anywhere on the page come here; a new document is saved first. */
import { Button } from "antd";
import { useEffect, useState } from "react";
import { Attachments } from "@/parts/Attachments";
import type { Entry } from "./entry";

export const ATTACHMENTS = "attachments";

type Props = { entry: Entry; dropped: readonly File[]; onTaken: () => void; onSave: () => Promise<boolean> };

export function EntryAttachments({ entry, dropped, onTaken, onSave }: Props): React.ReactNode {
  const { whole } = entry;
  const [failed, setFailed] = useState(false);
  const waiting = whole === null && dropped.length > 0;
  useEffect(() => {
    if (waiting && !failed) void onSave().then((well) => setFailed(!well));
  }, [waiting, failed, onSave]);
  if (!whole) {
    return (
      <div className="grid-empty">
        <p>{failed ? `改正上面的问题并暂存后，${dropped.length} 个文件会接着上传。` : "随附单据存在单证里，先暂存就可以添加。"}</p>
        <Button
          onClick={() => {
            setFailed(false);
            void onSave().then((well) => setFailed(!well));
          }}
        >
          暂存
        </Button>
      </div>
    );
  }
  return (
    <Attachments
      path={`/v1/${entry.kind.url}/${whole.id}`}
      id={whole.id}
      version={whole.version}
      attach={entry.whyNot("attach")}
      detach={entry.whyNot("detach")}
      onChanged={(version) => entry.versionIs(version)}
      dropped={dropped}
      onTaken={onTaken}
    />
  );
}

type Dropping = { onDragOver: (event: React.DragEvent) => void; onDragLeave: (event: React.DragEvent) => void; onDrop: (event: React.DragEvent) => void; "data-over": true | undefined };

/** For the whole page: the browser would open the file in place of it. */
export function useDropping(onFiles: (files: File[]) => void): Dropping {
  const [over, setOver] = useState(false);
  const isFiles = (event: React.DragEvent): boolean => event.dataTransfer.types.includes("Files");
  return {
    onDragOver: (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
    },
    onDrop: (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      setOver(false);
      onFiles([...event.dataTransfer.files]);
    },
    "data-over": over || undefined,
  };
}
