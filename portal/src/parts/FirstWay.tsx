/** The first way through the page, and what Z8 and Z7 are, for whoever opens the help. */

const STEPS = [
  "左边“数据录入”里点“保税核注清单（进口）”。",
  "“手(账)册编号”里按 ↓ 选账册：经营企业、加工企业、主管海关会自动带出（虚线框的值是带出来的，可以改）。",
  "填其余带红色 * 的栏。代码可以打代码、名称或拼音首字母，Enter 选中并到下一栏；左下角写着还有几项没填。",
  "按 F6 到表体，填料号、数量、总价。以前报过的料号会带出编码、品名和规格；也可以从 Excel 整块粘贴。",
  "毛重、净重按行填写，表体下方随时显示合计，与发票、装箱单核对。",
  "按 F9 申报：核对一遍后确认。结果自动显示在单证页的“进度”里。",
  "下一票在单证页点“复制”；海关通过后点“生成下一单证”可做核放单；“打印”得到 PDF。",
];

export function FirstWay(): React.ReactNode {
  return (
    <section className="keys">
      <h2>第一次：七步报出一份进口核注清单</h2>
      <ol className="first-way">
        {STEPS.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <h2>Z8 和 Z7</h2>
      <p>
        单一窗口的两个子系统，录入和查询相同。账册属于保税仓库、出口监管仓库、保税物流中心的，在“保税物流管理（Z8）”办理；属于综合保税区、保税区等区域的，在“海关特殊监管区域（Z7）”办理。
      </p>
    </section>
  );
}
