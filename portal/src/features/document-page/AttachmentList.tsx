/** 随附单据 of the document that is looked at. */
import { useQueryClient } from "@tanstack/react-query";
import { Attachments } from "@/parts/Attachments";
import type { Doc } from "./answers";

type Props = { path: string; doc: Doc; attach: string | null; detach: string | null };

/** `attach` and `detach`: why it cannot be done now, null where it can. */
export function AttachmentList({ path, doc, attach, detach }: Props): React.ReactNode {
  const queries = useQueryClient();
  return (
    <Attachments
      path={path}
      id={doc.id}
      version={doc.version}
      attach={attach}
      detach={detach}
      onChanged={() => void queries.invalidateQueries({ queryKey: ["document", doc.id] })}
    />
  );
}
