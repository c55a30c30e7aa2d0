/** What stands in place of a page that broke: what to do, and nothing of its inside. */
import { Button, Result } from "antd";
import { HOTLINE } from "@/parts/hotline";
import type { ErrorComponentProps } from "@tanstack/react-router";

export function PageFailed({ error, reset }: ErrorComponentProps): React.ReactNode {
  // A new release took the old files away: the page needs to be fetched anew.
  const outdated = /dynamically imported module|module script failed/i.test(String(error));
  return (
    <Result
      status="warning"
      title={<h1 className="result-title">{outdated ? "系统已更新" : "这个页面没有打开"}</h1>}
      subTitle={outdated ? "请刷新页面以使用新版本，已暂存的内容不受影响。" : `已保存的内容不受影响。请重试；若仍不行，请联系客服热线 ${HOTLINE}。`}
      extra={[
        <Button key="again" type="primary" onClick={() => (outdated ? window.location.reload() : reset())}>
          {outdated ? "刷新页面" : "重试"}
        </Button>,
        <Button key="home" href="/">
          回首页
        </Button>,
      ]}
    />
  );
}
