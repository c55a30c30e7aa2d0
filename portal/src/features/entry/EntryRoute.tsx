/** Entry of a document: new, or the working copy of one that is there. */
import { useParams, useSearch } from "@tanstack/react-router";

export function NewEntry(): React.ReactNode {
  const { system, kind } = useParams({ from: "/$system/$kind/new" });
  const { direction } = useSearch({ from: "/$system/$kind/new" });
  return (
    <p>
      {system} {kind} {direction}
    </p>
  );
}

export function EditEntry(): React.ReactNode {
  const { system, kind, id } = useParams({ from: "/$system/$kind/$id/edit" });
  return (
    <p>
      {system} {kind} {id}
    </p>
  );
}
