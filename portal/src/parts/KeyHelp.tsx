/** Every key that does something, by `?`. Pages add their own groups through `useKeyHelp`. */
import { Modal } from "antd";
import { useEffect, useSyncExternalStore } from "react";
import { FirstWay } from "./FirstWay";
import { HOTLINE } from "./hotline";
import "./key-help.css";

export type KeyGroup = { title: string; keys: [key: string, does: string][] };

const groups = new Map<string, KeyGroup>();
const listeners = new Set<() => void>();
let shown: KeyGroup[] = [];

function tell(): void {
  shown = [...groups.values()];
  listeners.forEach((listener) => listener());
}

/** While the calling page is open its keys stand in the help. */
export function useKeyHelp(group: KeyGroup): void {
  const { title } = group;
  useEffect(() => {
    groups.set(title, group);
    tell();
    return () => {
      groups.delete(title);
      tell();
    };
    // Groups are constants of their pages.
  
  }, [title]);
}

const EVERYWHERE: KeyGroup = {
  title: "任何页面",
  keys: [
    ["?", "显示本页的快捷键"],
    ["Tab", "下一个位置，Shift+Tab 返回"],
    ["Esc", "关闭弹窗"],
  ],
};

export function KeyHelp({ open, onClose }: { open: boolean; onClose: () => void }): React.ReactNode {
  const own = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
  return (
    <Modal open={open} onCancel={onClose} footer={null} title="帮助与快捷键" width={620}>
      <FirstWay />
      {[...own, EVERYWHERE].map((group) => (
        <section key={group.title} className="keys">
          <h2>{group.title}</h2>
          <dl>
            {group.keys.map(([key, does]) => (
              <div key={key}>
                <dt>
                  {key.split("+").map((part) => (
                    <kbd key={part}>{part}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <p className="quiet">
        还有疑问？客服热线 <b>{HOTLINE}</b>；在单证页点“更多 → 请客服协助”，可下载支持包发给客服。
      </p>
    </Modal>
  );
}
