/** What can be done with a document: its word, what is asked first, and the request it becomes. */

export type ActionSpec = {
  action: string;
  label: string;
  /** What the dialog says; absent: done at once. */
  ask?: string;
  /** Whether a sentence has to be given with it, and what it is called. */
  words?: { label: string; field: "reason" | "comment"; required: boolean };
  /** To be typed before it can be done. */
  typed?: string;
  danger?: boolean;
  path: string;
  method?: "DELETE";
  body?: Record<string, unknown>;
  done: string;
  /** Where to go with the answer. */
  then?: "edit" | "copy" | "list";
};

export const SPECS: ActionSpec[] = [
  { action: "declare", label: "申报", ask: "申报", path: "declare", done: "已下达申报，结果会自动显示" },
  { action: "review", label: "复核通过", path: "review-approvals", ask: "确认这份单证可以申报。", words: { label: "意见", field: "comment", required: false }, done: "已复核通过" },
  { action: "review", label: "复核不通过", path: "review-rejections", ask: "退回给录入的人修改。", words: { label: "不通过的原因", field: "comment", required: true }, done: "已退回" },
  { action: "stage", label: "暂存到单一窗口", path: "stage", ask: "发送到单一窗口暂存，取得统一编号，不申报。", done: "已下达暂存" },
  { action: "request_review", label: "送复核", path: "review-requests", ask: "请另一人复核后再申报。", words: { label: "给复核人的话", field: "comment", required: false }, done: "已送复核" },
  { action: "recall_review", label: "撤回复核", path: "review-recalls", done: "已撤回" },
  { action: "change", label: "变更", path: "change-requests", ask: "开始变更：先修改内容，再申报变更。海关同意之前，原内容保持有效。", words: { label: "变更原因", field: "reason", required: true }, done: "可以修改了", then: "edit" },
  { action: "cancellation", label: "删除申请", path: "cancellation-requests", ask: "向海关申请删除（作废）这份单证。海关同意后不能恢复。", words: { label: "原因", field: "reason", required: true }, typed: "确认", danger: true, done: "已下达申请" },
  { action: "closure", label: "结案", path: "closure-requests", ask: "向海关申请结案。结案后不能再据此办理出入库。", words: { label: "原因", field: "reason", required: true }, typed: "结案", danger: true, done: "已下达申请" },
  { action: "withdraw", label: "撤回申请", path: "withdrawals", ask: "放弃未完成的申请，恢复原来的内容。", done: "已撤回" },
  { action: "copy", label: "复制", path: "copy", body: {}, done: "已复制为新单证", then: "copy" },
  { action: "copy_reversed", label: "反向复制", path: "copy", body: { reverse: true }, done: "已复制为相反方向的新单证", then: "copy" },
  { action: "ask_receipts", label: "重新索取回执", path: "resend-requests", ask: "请单一窗口再发一次这份单证的回执。", done: "已请求，回执到达后会自动显示" },
  { action: "delete", label: "删除", path: "", method: "DELETE", ask: "删除这份草稿。单一窗口还没有收到它。", typed: "删除", danger: true, done: "已删除", then: "list" },
];

/** Those that stand as buttons; the rest is behind 更多. */
export const IN_SIGHT = ["declare", "review", "request_review", "change", "withdraw", "copy"];
