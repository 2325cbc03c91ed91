#[unsafe(no_mangle)]
pub extern "C" fn f(p:*const u8,n:usize)->usize{
 let s=unsafe{std::str::from_utf8_unchecked(std::slice::from_raw_parts(p,n))};
 let mut r=s.to_string().len();
 { let mut l=linkify::LinkFinder::new(); l.kinds(&[linkify::LinkKind::Url]); for x in l.links(s){r+=x.start();} }
 { if let Ok(u)=url::Url::parse(s){ r+=u.as_str().len(); if let Some(h)=u.host_str(){ r+=url::quirks::domain_to_unicode(h).len(); } } }
 r+=unicode::look::skeleton(s).len()+unicode::script::mix(s) as usize;
 r
}
use guest::{Complaint, Decision, Memory, Message, Policy};
/// The policy.
#[derive(Debug)]
pub struct UrlTag;
impl Policy for UrlTag {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const SCHEMA: &'static str = "";
    type Settings = ();
    fn settings(json: &str) -> Result<(), Vec<Complaint>> { guest::settings::read(json, |r,t| { r.unknown_keys("",t,&["a"]); Some(())}) }
    fn judge(_: &(), message: &Message<'_>, _: &mut impl Memory) -> Decision {
	guest::Verdict::Rewrite(serde_json::json!({"a":message.content}).to_string()).into()
    }
}
guest::component!(UrlTag);
