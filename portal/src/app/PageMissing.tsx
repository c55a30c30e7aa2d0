import { Button, Result } from "antd";

export function PageMissing(): React.ReactNode {
  return (
    <Result
      status="info"
      title={<h1 className="result-title">没有这个页面</h1>}
      subTitle="地址可能有误，或页面已移走。"
      extra={
        <Button type="primary" href="/">
          回首页
        </Button>
      }
    />
  );
}
