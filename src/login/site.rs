//! Alibaba Cloud's two sites, as OAuth knows them.

use crate::names::{BadUrl, Place};

/// Which site an account is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteName {
    /// aliyun.com.
    Cn,
    /// alibabacloud.com.
    Intl,
}

impl SiteName {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cn => "cn",
            Self::Intl => "intl",
        }
    }

    /// The site of this word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Cn, Self::Intl].into_iter().find(|site| site.word() == word)
    }
}

/// Whom to ask, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Which one it is.
    pub name: SiteName,
    /// Where the browser is sent.
    pub sign_in_url: String,
    /// Where tokens are asked for.
    pub url: String,
    /// The application that is logged in to.
    pub client_id: String,
}

impl Site {
    /// The site itself, asked as the aliyun CLI: its application is registered for a native client with a loopback address,
    /// and public.
    pub fn new(name: SiteName) -> Self {
        let (sign_in_url, url, client_id) = match name {
            SiteName::Cn => ("https://signin.aliyun.com", "https://oauth.aliyun.com", "4038181954557748008"),
            SiteName::Intl => {
                ("https://signin.alibabacloud.com", "https://oauth.alibabacloud.com", "4103531455503354461")
            }
        };
        let own = str::to_owned;
        Self { name, sign_in_url: own(sign_in_url), url: own(url), client_id: own(client_id) }
    }

    /// Where its tokens are asked for.
    ///
    /// # Errors
    /// Its address is none.
    pub fn place(&self) -> Result<Place, BadUrl> {
        Place::parse(&self.url).map(|(place, _)| place)
    }
}
