//! The products: their codes, versions, styles and schemes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::index;
use super::text::Text;
use crate::lines::{Line, Malformed};

const KINDS: [(&str, &str); 3] = [("openapi", "OpenApi"), ("data", "Data"), ("legacy", "Legacy")];
const STYLES: [(&str, &str); 3] = [("rpc", "Rpc"), ("roa", "Roa"), ("data", "Data")];
const RULES: [(&str, &str); 3] = [("regional", "Regional"), ("central", "Central"), ("-", "Unknown")];
const SCHEMES: [(&str, &str); 27] = [
    ("acs3", "Acs3"),
    ("acs4", "Acs4"),
    ("rpc-v1", "RpcV1"),
    ("roa-v1", "RoaV1"),
    ("oss-v4", "OssV4"),
    ("oss-v1", "OssV1"),
    ("s3", "S3"),
    ("sls-v4", "SlsV4"),
    ("sls-v1", "SlsV1"),
    ("ots-v4", "OtsV4"),
    ("ots-v2", "OtsV2"),
    ("odps-v4", "OdpsV4"),
    ("odps-v2", "OdpsV2"),
    ("datahub", "DataHub"),
    ("mns-v4", "MnsV4"),
    ("mns-v2", "MnsV2"),
    ("mq-http", "MqHttp"),
    ("fc-v1", "FcV1"),
    ("api-key", "ApiKey"),
    ("bearer", "Bearer"),
    ("pds-v1", "PdsV1"),
    ("fc-trigger", "FcTrigger"),
    ("api-gateway", "ApiGateway"),
    ("dataplus", "Dataplus"),
    ("metric-hub", "MetricHub"),
    ("opensearch", "OpenSearch"),
    ("docker-token", "DockerToken"),
];
/// `names::Schemes` has room for as many.
const SCHEMES_AT_MOST: usize = 3;
const KEYS: [(&str, &str); 13] = [
    ("oss", "Oss"),
    ("sls", "Sls"),
    ("ots", "Ots"),
    ("odps", "Odps"),
    ("datahub", "DataHub"),
    ("mns", "Mns"),
    ("fc", "Fc"),
    ("rocketmq", "RocketMq"),
    ("eventbridge", "EventBridge"),
    ("kms", "Kms"),
    ("pds", "Pds"),
    ("dashscope", "DashScope"),
    ("mgw", "Mgw"),
];

/// The variant that `word` names in `table`.
pub(super) fn variant(
    line: &Line,
    what: &str,
    table: &[(&str, &'static str)],
    word: &str,
) -> Result<&'static str, Malformed> {
    table.iter().find(|(name, _)| *name == word).map(|(_, variant)| *variant).ok_or_else(|| {
        let names = table.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        line.fault(format!("{what} `{word}` is none of {names}"))
    })
}

struct Product {
    kind: &'static str,
    style: &'static str,
    schemes: String,
    rule: &'static str,
    key: String,
    versions: String,
}

/// The products, sorted by code.
#[derive(Default)]
pub(super) struct Products {
    codes: Vec<String>,
    rows: Vec<Product>,
    aliases: BTreeMap<String, usize>,
}

impl Products {
    pub(super) fn read(lines: &[Line]) -> Result<Self, Malformed> {
        let mut products = Self::default();
        for line in lines {
            let code = line.field(0)?;
            if products.codes.last().is_some_and(|before| before.as_str() >= code) {
                return Err(
                    line.fault(format!("product `{code}` is out of order: the table is sorted by code"))
                );
            }
            let style = variant(line, "style", &STYLES, line.field(2)?)?;
            let schemes = schemes(line, line.field(3)?)?;
            let versions =
                line.words(7, ' ')?.into_iter().map(|version| one_version(line, version, style, &schemes));
            let versions = versions.collect::<Result<String, _>>()?;
            let key = match line.field(5)? {
                "-" => "None".to_owned(),
                key => format!("Some(Key::{})", variant(line, "tenants key", &KEYS, key)?),
            };
            for alias in line.words(6, ' ')? {
                products.aliases.insert(alias.to_owned(), products.codes.len());
            }
            products.rows.push(Product {
                kind: variant(line, "kind", &KINDS, line.field(1)?)?,
                style,
                schemes,
                rule: variant(line, "rule", &RULES, line.field(4)?)?,
                key,
                versions,
            });
            products.codes.push(code.to_owned());
        }
        Ok(products)
    }

    /// The place of the product `code`.
    pub(super) fn find(&self, code: &str) -> Option<usize> {
        self.codes.binary_search_by(|known| known.as_str().cmp(code)).ok()
    }

    pub(super) fn write(&self, code: &mut String, text: &mut Text) -> Result<(), Malformed> {
        let _ = writeln!(code, "static PRODUCTS: [Product; {}] = [", self.rows.len());
        for (name, row) in self.codes.iter().zip(&self.rows) {
            let Product { kind, style, schemes, versions, .. } = row;
            let _ = writeln!(
                code,
                "Product {{ code: {name:?}, kind: Kind::{kind}, style: Style::{style}, versions: &[{versions}], \
                 schemes: {schemes} }},"
            );
        }
        let _ = writeln!(code, "];\nstatic TRAITS: [Traits; {}] = [", self.rows.len());
        for row in &self.rows {
            let _ = writeln!(code, "Traits {{ rule: Rule::{}, key: {} }},", row.rule, row.key);
        }
        let _ = writeln!(code, "];\nstatic ALIASES: [Alias; {}] = [", self.aliases.len());
        for (alias, product) in &self.aliases {
            let piece = text.piece(alias)?;
            let _ = writeln!(code, "Alias {{ text: {piece}, product: {product} }},");
        }
        code.push_str("];\n");
        index::write(code, "PRODUCT_INDEX", self.codes.iter().map(String::as_str))
    }
}

/// `acs3,rpc-v1` as an expression.
fn schemes(line: &Line, list: &str) -> Result<String, Malformed> {
    let words = if list == "-" { Vec::new() } else { list.split(',').collect() };
    if words.len() > SCHEMES_AT_MOST {
        return Err(line.fault(format!("`{list}` has more than {SCHEMES_AT_MOST} schemes")));
    }
    let schemes =
        words.into_iter().map(|word| Ok(format!("Scheme::{},", variant(line, "scheme", &SCHEMES, word)?)));
    Ok(format!("Schemes::of(&[{}])", schemes.collect::<Result<String, _>>()?))
}

/// `DATE[:style[:schemes]]` as one item of an array; what is not said is the product's.
fn one_version(line: &Line, version: &str, style: &str, of_product: &str) -> Result<String, Malformed> {
    let mut parts = version.splitn(3, ':');
    let name = parts.next().unwrap_or_default();
    if name.len() != 10 || !name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Err(line.fault(format!("version `{name}` is not a date")));
    }
    let style = parts.next().map_or(Ok(style), |word| variant(line, "style", &STYLES, word))?;
    let schemes = parts.next().map_or_else(|| Ok(of_product.to_owned()), |list| schemes(line, list))?;
    Ok(format!(
        "ProductVersion {{ name: VersionName::new(*b{name:?}), style: Style::{style}, schemes: {schemes} }},"
    ))
}
