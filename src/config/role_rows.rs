//! The rows of `[role.NAME]` in the table of keys, in the order of the reference.

use super::grammar;
use super::keys::Key;
use super::kind::Kind;
use super::rows::{HOUR, SECOND, key, text, unset};

/// What STS grants: 15 minutes to 12 hours, and never more than the role's own limit.
const LIFETIME: Kind = Kind::Duration(900 * SECOND, 12 * HOUR);

const ROLE_ARN: Kind = Kind::Text("`acs:ram::ACCOUNT:role/NAME`", grammar::role_arn);
const SESSION: Kind = Kind::Text("2 to 64 letters, digits, `.`, `@`, `_` and `-`", grammar::session_name);

/// The keys of a role.
pub(super) const ROLES: &[Key] = &[
    key(
        "role.NAME.source",
        text(grammar::SOURCE_WORDS, grammar::source),
        "auto",
        "what the SDKs' own variables say is what an application's owner has set up",
        "Where the role's credential comes from.",
    ),
    key(
        "role.NAME.required",
        Kind::Boolean,
        "false",
        "a role that few requests need must not take the others out of service; `default` is required",
        "Whether `/readyz` waits for the role's credential.",
    ),
    unset("role.NAME.duration", LIFETIME, "How long a credential is asked for. Without it, one hour."),
    unset(
        "role.NAME.sts",
        Kind::List("a host of STS", grammar::host),
        "Exactly the STS hosts to ask, in this order. Else what the SDKs' variables say, else `sts.aliyuncs.com`.",
    ),
    unset(
        "role.NAME.role_arn",
        ROLE_ARN,
        "The RAM role to assume with the OIDC token; by `auto`, also with a long-lived key of the environment. Else \
         `ALIBABA_CLOUD_ROLE_ARN`. With a SAML response, else the one that it names.",
    ),
    unset(
        "role.NAME.oidc_provider_arn",
        text("`acs:ram::ACCOUNT:oidc-provider/NAME`", grammar::oidc_provider_arn),
        "The identity provider that the token is of. Else `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`.",
    ),
    unset(
        "role.NAME.oidc_token_file",
        Kind::Path,
        "The file with the OIDC token, read anew for each fetch. Else `ALIBABA_CLOUD_OIDC_TOKEN_FILE`.",
    ),
    unset(
        "role.NAME.oidc_token",
        text("`\"github\"` or `\"env:NAME\"`", grammar::ci_token),
        "Where the OIDC token of a CI job is, instead of a file: `\"github\"` asks GitHub for one each time; `\"env:NAME\"` is \
         a variable, as GitLab's `id_tokens` set them, which is read once, at start.",
    ),
    unset(
        "role.NAME.oidc_audience",
        text("a text without spaces", grammar::audience),
        "With `oidc_token = \"github\"`: whom the token is made out to, one of the OIDC provider's client ids. Without it, GitHub \
         names the repository's owner.",
    ),
    unset(
        "role.NAME.ecs_role",
        text("the name of a RAM role", grammar::ram_role_name),
        "With `source = \"ecs\"`: the RAM role of the instance. Else `ALIBABA_CLOUD_ECS_METADATA`, else the metadata server is asked \
         for it.",
    ),
    unset(
        "role.NAME.ecs_v1",
        Kind::Boolean,
        "With `source = \"ecs\"`: whether the metadata server is asked without a token where it gives none. Else only if \
         `ALIBABA_CLOUD_IMDSV1_DISABLED` is `false`.",
    ),
    unset(
        "role.NAME.uri",
        text("`http://HOST[:PORT]/PATH` or `https://…`", grammar::credentials_uri),
        "With `source = \"uri\"`: where somebody hands out credentials, over `http` only within private networks. Else \
         `ALIBABA_CLOUD_CREDENTIALS_URI`, which is the better place for a path that is a secret.",
    ),
    unset(
        "role.NAME.vault_address",
        text("`https://HOST[:PORT]` or `http://…`", grammar::vault_address),
        "With `source = \"vault\"`: where Vault is, over `http` only within private networks. Else `VAULT_ADDR`.",
    ),
    unset(
        "role.NAME.vault_role",
        text("the name of a role", grammar::vault_name),
        "The role of Vault's AliCloud engine, one with a `role_arn`. One that makes RAM users is refused, and not read again once \
         an answer shows that it does: each reading leaves another user behind.",
    ),
    unset(
        "role.NAME.vault_mount",
        text("a path", grammar::vault_path),
        "Where the engine is mounted. Without it, `alicloud`.",
    ),
    unset(
        "role.NAME.vault_namespace",
        text("a path", grammar::vault_path),
        "The namespace of Vault's that the engine and the login lie in. Else `VAULT_NAMESPACE`, else the root.",
    ),
    unset(
        "role.NAME.vault_token_file",
        Kind::Path,
        "A file with a token of Vault's, read anew for each fetch. Who writes it renews the token.",
    ),
    unset(
        "role.NAME.vault_kubernetes_role",
        text("the name of a role", grammar::vault_name),
        "Instead of a token: logs in as the pod, as this role of Vault's auth method for Kubernetes.",
    ),
    unset(
        "role.NAME.vault_kubernetes_mount",
        text("a path", grammar::vault_path),
        "Where that auth method is mounted. Without it, `kubernetes`.",
    ),
    unset(
        "role.NAME.vault_jwt_file",
        Kind::Path,
        "The token that the pod logs in with. Without it, that of its service account.",
    ),
    unset(
        "role.NAME.profile",
        text("a profile's name", grammar::profile),
        "The profile to take of another program's file. Else `ALIBABA_CLOUD_PROFILE`, else the one that is current there.",
    ),
    unset(
        "role.NAME.config_file",
        Kind::Path,
        "The aliyun CLI's file, which is never written. Else `ALIBABA_CLOUD_CONFIG_FILE`, else `~/.aliyun/config.json`.",
    ),
    unset(
        "role.NAME.credentials_file",
        Kind::Path,
        "The SDKs' ini file. Else `ALIBABA_CLOUD_CREDENTIALS_FILE`, else `~/.alibabacloud/credentials` or that with `.ini`.",
    ),
    unset(
        "role.NAME.process_command",
        text("a program and its arguments", grammar::process_command),
        "The program that prints the credential, and its arguments: taken apart as by a shell, and run without one.",
    ),
    unset(
        "role.NAME.kms_secret_name",
        text("`acs/ram/user/NAME`", grammar::kms_secret_name),
        "With `source = \"kms\"`: the secret in which KMS keeps the AccessKey of a RAM user.",
    ),
    unset(
        "role.NAME.kms_role",
        text("the name of a role", grammar::role_name),
        "With `source = \"kms\"`: the role whose credential reads the secret. It needs the right to `kms:GetSecretValue`.",
    ),
    unset(
        "role.NAME.kms_region",
        text("the id of a region", grammar::region),
        "With `source = \"kms\"`: the region that the secret is in. Else `ALIBABA_CLOUD_STS_REGION`. KMS is asked by its VPC name \
         where `ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED` is `true`.",
    ),
    unset(
        "role.NAME.saml_provider_arn",
        text("`acs:ram::ACCOUNT:saml-provider/NAME`", grammar::saml_provider_arn),
        "With `source = \"login\"`: the provider of the SAML responses. Else the one that the response names.",
    ),
    unset(
        "role.NAME.session_name",
        SESSION,
        "What the audit trail calls the session. Else `ALIBABA_CLOUD_ROLE_SESSION_NAME`, else `countersign-HOSTNAME`.",
    ),
    unset(
        "role.NAME.accounts",
        Kind::List("an account's number", grammar::account),
        "The accounts that the role may be in, at each of its steps; any other is refused. Without it, all.",
    ),
    unset("role.NAME.assume[].role_arn", ROLE_ARN, "The RAM role to assume in this step."),
    unset(
        "role.NAME.assume[].external_id",
        text("2 to 1224 letters, digits and `_+=,.@:/-`", grammar::external_id),
        "The external id that the role's trust policy asks for.",
    ),
    unset(
        "role.NAME.assume[].policy_file",
        Kind::Path,
        "A session policy that narrows the role: JSON of at most 2048 characters.",
    ),
    unset(
        "role.NAME.assume[].source_identity",
        text("2 to 64 letters, digits and `_+=,.@-`", grammar::source_identity),
        "Who is behind the session, for the audit trail.",
    ),
    unset("role.NAME.assume[].session_name", SESSION, "The session's name in this step. Else the role's."),
    unset(
        "role.NAME.assume[].duration",
        LIFETIME,
        "How long this step's credential is asked for. Else the role's.",
    ),
];
