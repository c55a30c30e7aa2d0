/** The grid as it is drawn: how much work a key is, and whose keys they are while a Chinese word is composed. */
import { fireEvent, render, screen, cleanup } from "@testing-library/react";
import { useState } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { Grid } from "@/grid/Grid";
import { drawn } from "@/grid/GridLine";
import type { Column } from "@/grid/columns";
import type { CellChange } from "@/grid/model";

const COLUMNS: Column[] = Array.from({ length: 30 }, (_, n) => ({ name: `c${n}`, label: `列${n}`, width: 90, frozen: n < 2 }));
const NONE = (): undefined => undefined;
const NO_CHOICES = (): never[] => [];
const told: string[] = [];

function Sheet({ count }: { count: number }): React.ReactNode {
  const [rows, setRows] = useState<readonly Record<string, string>[]>(() => Array.from({ length: count }, (_, n) => ({ c0: String(n) })));
  const cells = (changes: CellChange[], label: string): void => {
    told.push(label);
    setRows((old) => {
      const next = old.slice();
      for (const { row, name, value } of changes) next[row] = { ...next[row], [name]: value };
      return next;
    });
  };
  return (
    <Grid
      label="表体"
      rows={rows}
      columns={COLUMNS}
      marksOf={NONE}
      choicesOf={NO_CHOICES}
      onCells={cells}
      onPaste={(text) => told.push(`paste ${text}`)}
      onInsert={(at, added) => setRows((old) => [...old.slice(0, at), ...added, ...old.slice(at)])}
      onRemove={(top, bottom) => told.push(`remove ${top}-${bottom}`)}
      onMove={(top, _bottom, by) => told.push(`move ${top} ${by}`)}
      onForm={(row) => told.push(`form ${row}`)}
      onFind={() => told.push("find")}
      onLeave={(back) => told.push(`leave ${back}`)}
    />
  );
}

function opened(count: number): HTMLInputElement {
  told.length = 0;
  render(<Sheet count={count} />);
  drawn.lines = 0;
  return screen.getByRole<HTMLInputElement>("textbox");
}

const type = (input: HTMLInputElement, value: string): void => {
  input.value = value;
  fireEvent.input(input);
};

afterEach(cleanup);

describe("a grid of 5,000 lines", () => {
  it("draws no line while somebody types, and one when the value is taken", () => {
    const input = opened(5000);
    for (const value of ["1", "12", "123"]) type(input, value);
    expect(drawn.lines).toBe(0);
    fireEvent.keyDown(input, { key: "Enter" });
    expect(drawn.lines).toBe(1);
    expect(told).toEqual(["修改列0"]);
  });

  it("draws no line when one moves about", () => {
    const input = opened(5000);
    for (const key of ["ArrowDown", "ArrowRight", "ArrowDown", "Tab"]) fireEvent.keyDown(input, { key });
    expect(drawn.lines).toBe(0);
    expect(input.getAttribute("aria-label")).toBe("第3行 列2");
  });

  it("has few lines in the page, and keeps the one input through all of it", () => {
    const input = opened(5000);
    expect(screen.getAllByRole("row").length).toBeLessThan(60);
    fireEvent.keyDown(input, { key: "End", ctrlKey: true });
    expect(screen.getByRole("textbox")).toBe(input);
  });
});

describe("keys", () => {
  it("of a word being composed stay with the input method", () => {
    const input = opened(3);
    fireEvent.compositionStart(input);
    type(input, "zhong");
    for (const key of ["Enter", "ArrowDown", "Escape"]) fireEvent.keyDown(input, { key, keyCode: 229, isComposing: true });
    expect(input.getAttribute("aria-label")).toBe("第1行 列0");
    input.value = "中";
    fireEvent.compositionEnd(input);
    fireEvent.input(input);
    fireEvent.keyDown(input, { key: "Enter" });
    expect(screen.getByText("中")).toBeTruthy();
    expect(input.getAttribute("aria-label")).toBe("第1行 列1");
  });

  it("Escape gives the old value back; behind the last cell a line is added", () => {
    const input = opened(1);
    type(input, "x");
    fireEvent.keyDown(input, { key: "Escape" });
    expect(told).toEqual([]);
    fireEvent.keyDown(input, { key: "End" });
    fireEvent.keyDown(input, { key: "Enter" });
    expect(input.getAttribute("aria-label")).toBe("第2行 列0");
  });

  it("fill down, delete lines, open the form", () => {
    const input = opened(4);
    fireEvent.keyDown(input, { key: "ArrowDown", shiftKey: true });
    fireEvent.keyDown(input, { key: "d", ctrlKey: true });
    fireEvent.keyDown(input, { key: "Delete", ctrlKey: true });
    fireEvent.keyDown(input, { key: "F2" });
    expect(told).toEqual(["向下填充", "remove 0-1", "form 0"]);
  });
});
