import { Link } from "@tanstack/react-router";
import { Button, Dropdown } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { logOut, whoAmI } from "@/api/session";
import { choose, useAppearance } from "@/theme/appearance";

export function TopBar({ onHelp }: { onHelp: () => void }): React.ReactNode {
  const appearance = useAppearance();
  const queries = useQueryClient();
  const me = useQuery({ queryKey: ["session"], queryFn: whoAmI, staleTime: Infinity });
  async function leave(): Promise<void> {
    await logOut();
    queries.clear();
    window.location.assign("/");
  }
  return (
    <header className="topbar">
      <Link to="/" className="topbar-name">
        <img src="/icon.svg" alt="" width={22} height={22} />
        <span>保税物流申报</span>
      </Link>
      <span className="topbar-space" />
      <Button type="text" onClick={onHelp} title="帮助与快捷键（?）">
        帮助
      </Button>
      <Dropdown
        trigger={["click"]}
        getPopupContainer={(button) => button.parentElement ?? document.body}
        menu={{
          selectedKeys: [appearance.theme, appearance.density],
          onClick: ({ key }) => {
            if (key === "leave") void leave();
            else if (key === "dense" || key === "comfortable") choose({ density: key });
            else if (key === "light" || key === "dark" || key === "system") choose({ theme: key });
          },
          items: [
            {
              type: "group",
              label: "显示密度",
              children: [
                { key: "dense", label: "紧凑" },
                { key: "comfortable", label: "宽松" },
              ],
            },
            {
              type: "group",
              label: "配色",
              children: [
                { key: "light", label: "浅色" },
                { key: "dark", label: "深色" },
                { key: "system", label: "跟随电脑" },
              ],
            },
            { type: "divider" },
            { key: "leave", label: "退出登录" },
          ],
        }}
      >
        <Button type="text" className="topbar-user">
          {me.data ? `${me.data.name} · ${me.data.tenant.name}` : "我"}
        </Button>
      </Dropdown>
    </header>
  );
}
