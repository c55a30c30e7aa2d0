"""What a role may allow. Every permission can be scoped to enterprises, teams and client firms, unless it says tenant."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DOCUMENT_READ = "document.read"
DOCUMENT_WRITE = "document.write"
DOCUMENT_DECLARE = "document.declare"
DOCUMENT_PRINT = "document.print"
DOCUMENT_RESOLVE = "document.resolve"
DOCUMENT_REVIEW = "document.review"
MESSAGE_READ = "message.read"
RECEIPT_READ = "receipt.read"
RECEIPT_OPERATE = "receipt.operate"
LEDGER_READ = "ledger.read"
LEDGER_MANAGE = "ledger.manage"
CARD_READ = "card.read"
CARD_MANAGE = "card.manage"
TENANT_MANAGE = "tenant.manage"
SITE_SERVE = "site.serve"
PLATFORM_OPERATE = "platform.operate"

UNASSIGNABLE = frozenset({SITE_SERVE, PLATFORM_OPERATE})
"""What no role of a tenant can hold: it comes with what somebody is."""

PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {
        DOCUMENT_READ: "查询和查看单证",
        DOCUMENT_WRITE: "新增、修改、复制、删除单证",
        DOCUMENT_DECLARE: "向单一窗口暂存和申报",
        DOCUMENT_PRINT: "打印单证",
        DOCUMENT_RESOLVE: "处理结果不明的单证，接管在官方页面申报的单证，登记报关单状态",
        DOCUMENT_REVIEW: "复核单证",
        MESSAGE_READ: "查看报文和回执原文",
        RECEIPT_READ: "查看未匹配和无法识别的回执",
        RECEIPT_OPERATE: "重试回执，人工匹配回执",
        LEDGER_READ: "查看底账、余量、平衡表和到期提醒（整个单位）",
        LEDGER_MANAGE: "设置账册的检查方式，导入和撤销期初余量，登记担保（整个单位）",
        CARD_READ: "查看操作员卡及到期提醒（整个单位）",
        CARD_MANAGE: "登记操作员卡，绑定企业和用户，保存卡密码，登记替代卡（整个单位）",
        TENANT_MANAGE: "管理本单位的企业、班组、客户、角色、用户和接口客户端（整个单位）",
        SITE_SERVE: "为企业的收发目录和操作员卡服务（仅现场代理）",
        PLATFORM_OPERATE: "管理租户和签发密钥（平台运营方）",
    }
)
"""Every permission with what a clerk reads about it."""
