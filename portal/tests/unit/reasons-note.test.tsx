/** Why a document came back stands where it is mended, and leads to the place. */
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { Entry } from "@/features/entry/entry";
import { ReasonsNote } from "@/features/entry/ReasonsNote";

it("tells what customs wrote and leads to each place that it names", () => {
  const reasons = [{ text: "第1项商品归类与申报要素不符", places: [{ pointer: "/goods/0/hs_code", label: "表体第1行" }] }];
  const go = vi.fn();
  render(<ReasonsNote entry={{ whole: { state_label: "退单", open_round: null, reasons } } as unknown as Entry} onGo={go} />);
  expect(screen.getByRole("note").textContent).toContain("退单原因");
  fireEvent.click(screen.getByRole("button", { name: /表体第1行/ }));
  expect(go).toHaveBeenCalledWith("/goods/0/hs_code");
  expect(render(<ReasonsNote entry={{ whole: null } as unknown as Entry} onGo={go} />).container.innerHTML).toBe("");
});
