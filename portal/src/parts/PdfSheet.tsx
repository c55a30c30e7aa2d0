/** A PDF of the API in the browser's own viewer. */
import { useEffect, useState } from "react";
import { patiently, send } from "@/api/client";
import { ProblemView } from "./ProblemView";
import "./print.css";

export function PdfSheet({ path, title }: { path: string; title: string }): React.ReactNode {
  const [url, setUrl] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    let made = "";
    let gone = false;
    patiently(() => send(path))
      .then((answer) => answer.blob())
      .then((blob) => {
        if (gone) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      })
      .catch((error: unknown) => !gone && setProblem(error));
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
      setUrl(null);
      setProblem(null);
    };
  }, [path]);
  if (problem !== null) return <ProblemView error={problem} />;
  if (!url) return <p className="quiet print-wait" role="status">正在读取文件…</p>;
  return <iframe className="print-sheet" src={url} title={title} />;
}
