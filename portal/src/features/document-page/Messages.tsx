/** Every message as it was sent and received. */
import { useQuery } from "@tanstack/react-query";
import { App, Button, Modal } from "antd";
import { useState } from "react";
import { inWords } from "@/api/problems";
import { ask, send } from "@/api/client";
import { download } from "@/parts/files";
import { PlainTable } from "@/parts/PlainTable";
import { ProblemView } from "@/parts/ProblemView";
import { shortTime } from "@/parts/times";
import type { Message } from "./answers";

export function Messages({ id, path }: { id: string; path: string }): React.ReactNode {
  const { message } = App.useApp();
  const [open, setOpen] = useState<Message | null>(null);
  const list = useQuery({ queryKey: ["document", id, "messages"], queryFn: () => ask<{ items: Message[] }>(`${path}/messages`) });
  const text = useQuery({
    queryKey: ["message", open?.id],
    queryFn: async () => pretty(await (await send(`/v1/messages/${open?.id}/file`)).text()),
    enabled: open !== null,
    staleTime: Infinity,
  });
  if (list.isError) return <ProblemView error={list.error} again={() => void list.refetch()} />;
  const items = list.data?.items ?? [];
  if (list.data && items.length === 0) return <p className="quiet pad">还没有报文：申报或暂存后，这里有发出的报文和收到的回执。</p>;
  return (
    <>
      <PlainTable
        label="报文"
        rows={items}
        keyOf={(item) => item.id}
        columns={[
          { title: "方向", cell: (item) => (item.direction === "upload" ? `发出${item.attempt_no ? `（第${item.attempt_no}次）` : ""}` : "回执"), whole: true },
          { title: "报文", cell: (item) => item.message_type },
          { title: "结果代码", cell: (item) => item.code },
          { title: "时间", cell: (item) => shortTime(item.recorded_at), whole: true },
          { title: "海关时间", cell: (item) => shortTime(item.authority_at), whole: true },
          { title: "大小", cell: (item) => `${(item.bytes / 1024).toFixed(1)} KB`, figures: true },
          {
            title: "操作",
            unseen: true,
            whole: true,
            cell: (item) => (
              <>
                <Button size="small" type="link" onClick={() => setOpen(item)}>
                  查看
                </Button>
                <Button
                  size="small"
                  type="link"
                  onClick={() => void download(`/v1/messages/${item.id}/file`).catch((error: unknown) => message.error(inWords(error)))}
                >
                  下载
                </Button>
              </>
            ),
          },
        ]}
      />
      <Modal open={open !== null} title={open?.message_type} footer={null} width="min(980px, 92vw)" onCancel={() => setOpen(null)}>
        {text.isError && <ProblemView error={text.error} />}
        <pre className="raw" tabIndex={0}>
          {text.data ?? "正在读取…"}
        </pre>
      </Modal>
    </>
  );
}

/** XML with a line for each element; the text between tags stays as it is. */
export function pretty(xml: string): string {
  if (!xml.trimStart().startsWith("<") || xml.length > 2_000_000) return xml;
  let depth = 0;
  return xml
    .replace(/>\s*</g, ">\n<")
    .split("\n")
    .map((line) => {
      if (line.startsWith("</")) depth -= 1;
      const text = "  ".repeat(Math.max(0, depth)) + line;
      if (/^<[^!?/][^>]*[^/]>$/.test(line)) depth += 1;
      return text;
    })
    .join("\n");
}
