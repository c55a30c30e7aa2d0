/** What batches and print jobs are called. */
export const ACTIONS: Record<string, string> = { declare: "申报", stage: "暂存到单一窗口", delete: "删除" };
export const STATES: Record<string, [string, string]> = { running: ["进行中", "busy"], finished: ["已完成", "good"], cancelled: ["已停止", "still"] };
export const ITEMS: Record<string, [string, string]> = {
  waiting: ["等待", "still"],
  done: ["完成", "good"],
  refused: ["未办", "bad"],
  stale: ["已被他人修改", "warn"],
  cancelled: ["已取消", "still"],
};
export const JOB_TONES: Record<string, string> = { queued: "still", rendering: "busy", done: "good", failed: "bad", cancelled: "still", expired: "still" };
