//! The instances of a region, from the five that are there at the start to those that were run since.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::sandbox::date;
use crate::sandbox::digest::sha256;
use crate::sandbox::error::Error;
use crate::sandbox::heard::Parameters;

/// How many instances a region has at the start: enough for two pages of the smallest size that is worth asking for.
const AT_FIRST: usize = 5;

/// How many a region can have. More than anybody looks at; an instance takes about a kilobyte.
pub(super) const INSTANCES_MOST: usize = 1_000;

/// How many client tokens a region remembers. Past it the oldest go.
const TOKENS: usize = 1_000;

/// The moment at which what is there at the start was made: 2024-03-07T08:09:05Z.
const BEGINNING: i64 = 1_709_798_945;

/// The authentication parameters, new in each request: they are no part of what a client token stands for.
const AUTHENTICATION: [&str; 9] = [
    "AccessKeyId",
    "ClientToken",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureVersion",
    "Timestamp",
];

/// Whether an instance runs. The cloud has states between these, which here take no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Running,
    Stopped,
}

impl Status {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Stopped => "Stopped",
        }
    }
}

/// One instance.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    /// Which of its region it is, from 1; never given twice.
    number: usize,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) instance_type: String,
    pub(super) image_id: String,
    /// Since 1970, in whole seconds.
    pub(super) created_at: i64,
    pub(super) tags: BTreeMap<String, String>,
}

/// What the call that made an instance said of it.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// None: it is named by its id.
    pub(super) name: Option<String>,
    pub(super) instance_type: String,
    pub(super) image_id: String,
    pub(super) tags: BTreeMap<String, String>,
    /// Since 1970, in whole seconds.
    pub(super) at: i64,
}

/// A client token, what was asked with it, and what came of it.
#[derive(Debug)]
struct Token {
    text: String,
    asked: Vec<u8>,
    ids: Vec<String>,
}

/// The instances of one region.
#[derive(Debug)]
pub(super) struct Fleet {
    region: &'static str,
    pub(super) instances: Vec<Instance>,
    made: usize,
    tokens: VecDeque<Token>,
}

impl Fleet {
    pub(super) fn new(region: &'static str) -> Self {
        let mut fleet = Self { region, instances: Vec::new(), made: 0, tokens: VecDeque::new() };
        for number in 1..=AT_FIRST {
            fleet.make(Order {
                name: Some(format!("web-{number}")),
                instance_type: "ecs.g7.large".to_owned(),
                image_id: "aliyun_3_x64_20G_alibase_20240528.vhd".to_owned(),
                tags: BTreeMap::new(),
                at: BEGINNING,
            });
        }
        if let Some(last) = fleet.instances.last_mut() {
            last.status = Status::Stopped;
        }
        fleet
    }

    /// Makes one that runs, and returns its id. Whether there is room is the caller's to know.
    pub(super) fn make(&mut self, order: Order) -> String {
        self.made += 1;
        let id = format!("i-sandbox{}{:04}", self.region.replace('-', ""), self.made);
        self.instances.push(Instance {
            number: self.made,
            name: order.name.unwrap_or_else(|| id.clone()),
            id: id.clone(),
            status: Status::Running,
            instance_type: order.instance_type,
            image_id: order.image_id,
            created_at: order.at,
            tags: order.tags,
        });
        id
    }

    /// The instance with this id.
    pub(super) fn find(&mut self, id: &str) -> Result<&mut Instance, Error> {
        let found = self.instances.iter_mut().find(|instance| instance.id == id);
        found.ok_or_else(|| {
            Error::new(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
        })
    }

    /// What the same call with the same client token made before. `None`: it is new, or has no token.
    pub(super) fn replayed(&self, parameters: &Parameters) -> Result<Option<Vec<String>>, Error> {
        let Some(text) = parameters.get("ClientToken") else { return Ok(None) };
        if !text.is_ascii() || text.len() > 64 {
            return Err(Error::invalid_parameter("ClientToken"));
        }
        match self.tokens.iter().find(|token| token.text == *text) {
            None => Ok(None),
            Some(token) if token.asked == asked(parameters) => Ok(Some(token.ids.clone())),
            Some(_) => {
                let message =
                    "Request uses a client token in a previous request but is not identical to that request.";
                Err(Error::new(400, "IdempotentParameterMismatch", message))
            }
        }
    }

    /// Remembers what a call made, if it has a client token.
    pub(super) fn remember(&mut self, parameters: &Parameters, ids: &[String]) {
        let Some(text) = parameters.get("ClientToken") else { return };
        if self.tokens.len() == TOKENS {
            self.tokens.pop_front();
        }
        self.tokens.push_back(Token { text: text.clone(), asked: asked(parameters), ids: ids.to_vec() });
    }

    /// An instance as `DescribeInstances` shows it. Size and network are the same for all.
    pub(super) fn shown(&self, instance: &Instance) -> Value {
        let (net, host) = ((instance.number - 1) / 250 % 256, (instance.number - 1) % 250 + 1);
        let minute: String = date::iso(instance.created_at).chars().take(16).collect();
        let tags = instance.tags.iter().map(|(key, value)| json!({"TagKey": key, "TagValue": value}));
        json!({
            "InstanceId": instance.id,
            "InstanceName": instance.name,
            "HostName": instance.name,
            "RegionId": self.region,
            "ZoneId": format!("{}-b", self.region),
            "Status": instance.status.name(),
            "InstanceType": instance.instance_type,
            "ImageId": instance.image_id,
            "Cpu": 2,
            "Memory": 8_192,
            "OSName": "Alibaba Cloud Linux 3",
            "CreationTime": format!("{minute}Z"),
            "ExpiredTime": "2099-12-31T15:59Z",
            "InstanceChargeType": "PostPaid",
            "Tags": {"Tag": tags.collect::<Vec<Value>>()},
            "PublicIpAddress": {"IpAddress": []},
            "VpcAttributes": {
                "VpcId": "vpc-sandbox0001",
                "VSwitchId": "vsw-sandbox0001",
                "PrivateIpAddress": {"IpAddress": [format!("192.168.{net}.{host}")]},
            },
        })
    }
}

fn asked(parameters: &Parameters) -> Vec<u8> {
    let lasting: BTreeMap<_, _> =
        parameters.iter().filter(|(name, _)| !AUTHENTICATION.contains(&name.as_str())).collect();
    sha256(format!("{lasting:?}").as_bytes())
}
