/** A problem in a clerk's words: what is wrong, what to do, and every place that is named. */
import { Alert, Button } from "antd";
import { asProblem } from "@/api/problems";
import { HOTLINE } from "./hotline";

export function ProblemView({ error, again }: { error: unknown; again?: () => void }): React.ReactNode {
  const problem = asProblem(error);
  const errors = problem.body.errors ?? [];
  return (
    <Alert
      type={problem.status === 0 ? "warning" : "error"}
      showIcon
      role="alert"
      title={problem.message}
      description={
        <>
          {problem.hint && <div>{problem.hint}</div>}
          {problem.traced && (
            <div>
              客服热线 {HOTLINE}，编号 <span className="mono">{problem.traced}</span>
            </div>
          )}
          {errors.length > 0 && (
            <ul className="problem-errors">
              {errors.slice(0, 20).map((each, at) => (
                <li key={at}>
                  {each.message ?? each.detail}
                  {each.hint && <span className="quiet">　{each.hint}</span>}
                </li>
              ))}
              {errors.length > 20 && <li className="quiet">……共 {errors.length} 处</li>}
            </ul>
          )}
        </>
      }
      action={
        again && (
          <Button size="small" onClick={again}>
            重试
          </Button>
        )
      }
    />
  );
}
