/** Nothing of the frame before somebody is logged in; a session that ends later is renewed over the page, which stays. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Modal, Result } from "antd";
import { useEffect, useState } from "react";
import { asProblem } from "@/api/problems";
import { onSessionBegun, onSessionEnded, whoAmI } from "@/api/session";
import { LoginForm } from "@/features/login/LoginForm";
import { LoginPage } from "@/features/login/LoginPage";
import { keepFresh } from "./queries";

/** A server that was away at the start is asked again by itself. */
const AGAIN = 3_000;

export function SessionGate({ children }: { children: React.ReactNode }): React.ReactNode {
  const queries = useQueryClient();
  const session = useQuery({ queryKey: ["session"], queryFn: whoAmI, staleTime: Infinity, retry: 2, refetchInterval: (query) => (query.state.status === "error" ? AGAIN : false) });
  const [ended, setEnded] = useState(false);
  const [entered, setEntered] = useState(false);
  useEffect(() => onSessionEnded(() => setEnded(true)), []);
  useEffect(
    () =>
      onSessionBegun(() => {
        setEnded(false);
        void queries.invalidateQueries({ queryKey: ["session"] });
      }),
    [queries],
  );
  useEffect(() => {
    if (session.data) setEntered(true);
  }, [session.data]);
  useEffect(() => (entered ? keepFresh() : undefined), [entered]);
  if (!entered && session.isPending) return null;
  if (!entered && session.isError) {
    return (
      <Result
        status="warning"
        title={asProblem(session.error).message}
        subTitle={asProblem(session.error).hint}
        extra={
          <Button type="primary" onClick={() => void session.refetch()}>
            重试
          </Button>
        }
      />
    );
  }
  if (!entered && !session.data) return <LoginPage />;
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
