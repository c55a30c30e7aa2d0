/** Nothing of the frame before somebody is logged in; a session that ends later is renewed over the page, which stays. */
import { Modal } from "antd";
import { useEffect, useState } from "react";
import { hasSession, onSessionBegun, onSessionEnded } from "@/api/session";
import { LoginForm } from "@/features/login/LoginForm";
import { LoginPage } from "@/features/login/LoginPage";

export function SessionGate({ children }: { children: React.ReactNode }): React.ReactNode {
  const [entered, setEntered] = useState(hasSession());
  const [ended, setEnded] = useState(false);
  useEffect(() => onSessionEnded(() => setEnded(true)), []);
  useEffect(
    () =>
      onSessionBegun(() => {
        setEntered(true);
        setEnded(false);
      }),
    [],
  );
  if (!entered) return <LoginPage />;
  return (
    <>
      {children}
      <Modal open={ended} title="登录已过期" footer={null} closable={false} mask={{ closable: false }} width={380}>
        <p className="quiet">您填写的内容都还在。重新登录后从刚才的地方继续。</p>
        <LoginForm />
      </Modal>
    </>
  );
}
