//! Which instances `DescribeInstances` shows: all that fit every filter of the call.

use super::ask::{self, IDS_MOST};
use super::fleet::Instance;
use crate::sandbox::error::Error;
use crate::sandbox::heard::Parameters;

/// Those of `instances` that the call wants to see.
pub(super) fn chosen<'a>(
    instances: &'a [Instance],
    parameters: &Parameters,
) -> Result<Vec<&'a Instance>, Error> {
    let ids: Option<Vec<String>> = match parameters.get("InstanceIds") {
        None => None,
        Some(text) => {
            let ids = serde_json::from_str(text).ok().filter(|ids: &Vec<String>| ids.len() <= IDS_MOST);
            Some(ids.ok_or_else(|| Error::invalid_parameter("InstanceIds"))?)
        }
    };
    let tags = ask::tags(parameters)?;
    let is_chosen = |instance: &Instance| {
        let is = |name: &str, value: &str| parameters.get(name).is_none_or(|asked| asked == value);
        ids.as_ref().is_none_or(|ids| ids.contains(&instance.id))
            && parameters.get("InstanceName").is_none_or(|pattern| fits(pattern, &instance.name))
            && is("Status", instance.status.name())
            && is("InstanceType", &instance.instance_type)
            && is("ImageId", &instance.image_id)
            && ask::carries(&instance.tags, &tags)
    };
    Ok(instances.iter().filter(|instance| is_chosen(instance)).collect())
}

/// Whether a name fits a pattern in which each `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        let is_fit =
            ["web-1", "*", "web-*", "*-1", "w*1", "*e*-*", "web-1*"].map(|pattern| fits(pattern, "web-1"));
        assert_eq!(is_fit, [true; 7]);
        let is_fit = ["web", "eb-1", "*2", "w*1*1", "web-1-*", ""].map(|pattern| fits(pattern, "web-1"));
        assert_eq!(is_fit, [false; 6]);
    }
}
