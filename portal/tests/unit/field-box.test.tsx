/** A field whose values are looked up: what was typed quickly is never lost. */
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Field } from "@/catalogue/types";
import { FieldBox } from "@/fields/FieldBox";
import type { Found } from "@/fields/finding";

const field: Field = { name: "operating_code", label: "经营企业编码", type: "text", max_length: 10, need: "save" };
const firm = (value: string): Found => ({ value, label: "示例公司" });

function left(text: string, found: Found[]): { take: ReturnType<typeof vi.fn>; put: ReturnType<typeof vi.fn> } {
  const [take, put] = [vi.fn(), vi.fn()];
  const finder = { find: () => Promise.resolve(found), stands: (typed: string) => /^\d{10}$/.test(typed) };
  render(
    <FieldBox field={field} pointer="/head/operating_code" value="" table={undefined} finder={finder} needed readOnly={false} mark={undefined} onInput={put} onDone={vi.fn()} onTake={take} />,
  );
  const input = screen.getByRole("combobox");
  fireEvent.focus(input);
  fireEvent.change(input, { target: { value: text } });
  fireEvent.blur(input);
  return { take, put };
}

afterEach(cleanup);

describe("a field that is left before its list came", () => {
  it("takes the one value that the words mean", async () => {
    const { take, put } = left("示例", [firm("3105W60ABC")]);
    await waitFor(() => expect(take).toHaveBeenCalledWith("/head/operating_code", firm("3105W60ABC")));
    expect(put).not.toHaveBeenCalled();
  });
  it("keeps the words where they mean several or nothing", async () => {
    const { take, put } = left("示例", [firm("1"), firm("2")]);
    await waitFor(() => expect(put).toHaveBeenCalledWith("/head/operating_code", "示例"));
    expect(take).not.toHaveBeenCalled();
  });
});
