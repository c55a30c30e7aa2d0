/** 随附单据 as they are listed: what the API tells of each, and the type that a name says. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, configure, render, renderHook, screen } from "@testing-library/react";
import { App } from "antd";
import { Suspense } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { loadCodes } from "@/catalogue/codes";
import { useDropping } from "@/features/entry/EntryAttachments";
import { Attachments, typeOf } from "@/parts/Attachments";
import example from "../../../contracts/examples/answers/Attachments.json";

afterEach(cleanup);

it("shows name, type and size of each file", async () => {
  configure({ asyncUtilTimeout: 60_000 });
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(example), { headers: { "Content-Type": "application/json" } }));
  const queries = new QueryClient();
  queries.setQueryData(["codes"], await loadCodes());
  render(
    <QueryClientProvider client={queries}>
      <App>
        <Suspense>
          <Attachments path="/v1/inventories/7" id="7" version={1} attach={null} detach={null} onChanged={() => undefined} />
        </Suspense>
      </App>
    </QueryClientProvider>,
  );
  const [file] = example.items;
  const row = (await screen.findByText(file!.file_name)).closest("li");
  expect(row?.textContent).toContain(file!.type_label);
  expect(row?.textContent).toMatch(/\d (KB|MB)/);
});

it("takes the type from the name where the name says it", async () => {
  const types = (await loadCodes()).get("attachment_types")!.rows;
  expect(types.find((each) => each.code === typeOf("8月发票.pdf", types))?.name).toBe("发票");
  expect(typeOf("scan0001.pdf", types)).toBeUndefined();
});

it("says that a file may be let go while it is held over the page, and nothing of anything else that is dragged", () => {
  const files = vi.fn();
  const { result } = renderHook(() => useDropping(files));
  const held = (types: string[]): React.DragEvent => ({ dataTransfer: { types, files: [new File(["x"], "发票.pdf")] }, preventDefault: () => undefined }) as unknown as React.DragEvent;
  act(() => result.current.onDragOver(held(["text/plain"])));
  expect(result.current["data-over"]).toBeUndefined();
  act(() => result.current.onDragOver(held(["Files"])));
  expect(result.current["data-over"]).toBe(true);
  act(() => result.current.onDrop(held(["Files"])));
  expect(result.current["data-over"]).toBeUndefined();
  expect(files).toHaveBeenCalledTimes(1);
});
