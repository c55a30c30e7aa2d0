/** Packs what the hotline needs about this document; what names goods and firms only with the user's tick. */
import { Button, Modal } from "antd";
import { useState } from "react";
import { download } from "@/parts/files";
import { HOTLINE } from "@/parts/hotline";
import { ProblemView } from "@/parts/ProblemView";

export function SupportDialog({ path, onClose }: { path: string; onClose: () => void }): React.ReactNode {
  const [content, setContent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  async function pack(): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      await download(`${path}/support-bundle${content ? "?content=true" : ""}`);
      setDone(true);
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Modal
      open
      title="请客服协助"
      width={520}
      onCancel={onClose}
      footer={
        <>
          <Button onClick={onClose}>{done ? "完成" : "取消"}</Button>
          <Button type="primary" loading={busy} onClick={() => void pack()}>
            {done ? "再下载一次" : "下载支持包"}
          </Button>
        </>
      }
    >
      {problem !== null && <ProblemView error={problem} />}
      <p>
        客服热线 <b>{HOTLINE}</b>。来电时请报统一编号或企业内部编号，并按客服要求发送支持包。
      </p>
      <p className="quiet">支持包是一个压缩文件，含这份单证的编号、状态、经过、版本、报文和回执的清单，不含商品和企业信息。</p>
      <label className="support-tick">
        <input type="checkbox" checked={content} onChange={(event) => setContent(event.target.checked)} /> 我同意另附报文原文、退单原因和办理说明（其中有商品和企业信息）
      </label>
      {done && <p role="status" className="check-good">已下载，请在浏览器的下载文件夹中查看。</p>}
    </Modal>
  );
}
