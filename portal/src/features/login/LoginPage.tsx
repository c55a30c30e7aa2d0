import { LoginForm } from "./LoginForm";

export function LoginPage(): React.ReactNode {
  return (
    <main className="login-page">
      <section className="login-card card">
        <header>
          <img src="/icon.svg" alt="" width={36} height={36} />
          <div>
            <h1>保税物流申报</h1>
            <p className="quiet">金关二期 · 保税物流管理 · 海关特殊监管区域</p>
          </div>
        </header>
        <LoginForm />
      </section>
      <p className="quiet login-foot">客服热线 029-95198</p>
    </main>
  );
}
