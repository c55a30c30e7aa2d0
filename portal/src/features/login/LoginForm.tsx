import { Alert, Button, Input } from "antd";
import { useId, useState } from "react";
import { asProblem, type Problem } from "@/api/problems";
import { logIn } from "@/api/session";
import "./login.css";

const LAST = "bondgate.login";

/** Firm and name of last time; never the password. */
function lastTime(): { tenant: string; login: string } {
  try {
    return { tenant: "", login: "", ...(JSON.parse(localStorage.getItem(LAST) ?? "{}") as object) };
  } catch {
    return { tenant: "", login: "" };
  }
}

export function LoginForm(): React.ReactNode {
  const before = useState(lastTime)[0];
  const [tenant, setTenant] = useState(before.tenant);
  const [login, setLogin] = useState(before.login);
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const id = useId();

  async function submit(event: React.FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await logIn({ tenant: tenant.trim(), login: login.trim(), password });
      localStorage.setItem(LAST, JSON.stringify({ tenant: tenant.trim(), login: login.trim() }));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className="login-form" onSubmit={(event) => void submit(event)}>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.hint} role="alert" />}
      <label htmlFor={`${id}-tenant`}>企业代号</label>
      <Input
        id={`${id}-tenant`}
        name="tenant"
        autoComplete="organization"
        value={tenant}
        autoFocus={!before.tenant}
        onChange={(event) => setTenant(event.target.value)}
        required
      />
      <label htmlFor={`${id}-login`}>用户名</label>
      <Input
        id={`${id}-login`}
        name="login"
        autoComplete="username"
        value={login}
        onChange={(event) => setLogin(event.target.value)}
        required
      />
      <label htmlFor={`${id}-password`}>密码</label>
      <Input.Password
        id={`${id}-password`}
        name="password"
        autoComplete="current-password"
        value={password}
        autoFocus={Boolean(before.tenant)}
        onChange={(event) => setPassword(event.target.value)}
        required
      />
      <Button type="primary" htmlType="submit" loading={busy} block>
        登录
      </Button>
    </form>
  );
}
