/** What the API answers instead of what was asked (RFC 9457), as something to throw and to show. */

export type FieldProblem = {
  pointer?: string | null;
  code?: string;
  message?: string;
  detail?: string;
  hint?: string | null;
  /** "error" forbids, "warning" does not. */
  severity?: string;
};

export type ProblemBody = {
  type?: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  hint?: string | null;
  request_id?: string;
  errors?: FieldProblem[];
  warnings?: FieldProblem[];
};

export class Problem extends Error {
  readonly body: ProblemBody;
  readonly retryAfter: number | null;

  constructor(body: ProblemBody, retryAfter: number | null = null) {
    super(body.detail || body.title);
    this.name = "Problem";
    this.body = body;
    this.retryAfter = retryAfter;
  }

  get code(): string {
    return this.body.code;
  }

  get status(): number {
    return this.body.status;
  }

  /** What to do; null where the places say it, for what stands above them is for programs. */
  get hint(): string | null {
    if (this.body.errors?.length) return null;
    return this.traced ? FAILED[1] : (this.body.hint ?? null);
  }

  /** By which the hotline finds what went wrong on the server. */
  get traced(): string | null {
    return this.status >= 500 && this.status !== 503 ? (this.body.request_id ?? null) : null;
  }
}

const FAILED: [string, string] = ["服务器出错，操作没有完成", "请再试一次；还是不行，请联系客服"];
const WORDS: Record<number, [string, string]> = {
  0: ["连接不上服务器", "请检查网络；恢复后会自动继续，已填写的内容不会丢失"],
  412: ["单证已被他人修改", "请刷新后查看最新内容，再决定如何处理"],
  429: ["操作过于频繁", "请稍候片刻再试"],
  503: ["服务暂时不可用", "请稍后重试；已成功的操作不会重复"],
};

/** A problem for an answer without a body of ours, such as a lost connection (status 0). */
export function problemOf(status: number, requestId: string | null = null): Problem {
  const [title, hint] = WORDS[status] ?? (status >= 500 ? FAILED : ["操作没有完成", "请稍后重试"]);
  const code = status === 0 ? "connection_lost" : `http_${status}`;
  return new Problem({ title, status, detail: title, code, hint, ...(requestId ? { request_id: requestId } : {}) });
}

/** What is wrong and what to do, for a line that goes by itself; the places stand elsewhere. */
export function inWords(error: unknown): string {
  const { message, hint, traced } = asProblem(error);
  const told = [message, hint, traced ? `编号 ${traced}` : ""];
  return told.filter((one, at) => one && told.indexOf(one) === at).join("；");
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) return problemOf(0);
  return new Problem({ title: "页面出错", status: -1, detail: String(error), code: "page_error", hint: "请刷新页面后重试" });
}
