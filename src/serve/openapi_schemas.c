/* Schemas that do not depend on the manual. ' stands for ": the text is turned into JSON when it is written. Schemas of the
 * installation's own objects are made in openapi.c. */
#include "serve/serve_impl.h"

/* clang-format off */
const struct schema_doc openapi_schemas[] = {
    {"Id",
     "{'type':'string','pattern':'^[1-9][0-9]{0,18}$','description':'63 bits, ordered by time; a string,"
     " because JSON numbers lose digits above 2^53.','examples':['123456789012345678']}"},
    {"Money",
     "{'type':'object','description':'An amount and its currency.',"
     "'properties':{'amount':{'type':'string','pattern':'^-?[0-9]+([.][0-9]+)?$','examples':['12.50']},"
     "'currency':{'type':'string','pattern':'^[A-Z]{3}$','description':'ISO 4217'}},'required':['amount',"
     "'currency']}"},
    {"Reference",
     "{'type':'object','description':'Another record.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'name':{'type':'string',"
     "'description':'Its name, where it may be seen.'}},'required':['id']}"},
    {"Finding",
     "{'type':'object','description':'One thing that is wrong, with its place.',"
     "'properties':{'detail':{'type':'string'},'code':{'$ref':'#/components/schemas/ErrorCode'},"
     "'pointer':{'type':'string','description':'JSON pointer into the request body.'},"
     "'parameter':{'type':'string','description':'Name of the query parameter.'},'page':{'type':'string',"
     "'description':'Page of the manual whose rule refused.'},'reason':{'type':'string',"
     "'description':'The reason written on that page.'},'way_out':{'type':'string',"
     "'description':'What can be done now.'},'line':{'type':'integer'},'column':{'type':'integer'}},"
     "'required':['detail','code']}"},
    {"Problem",
     "{'type':'object','description':'Problem details, RFC 9457.','properties':{'type':{'type':'string',"
     "'format':'uri-reference'},'title':{'type':'string'},'status':{'type':'integer'},"
     "'detail':{'type':'string'},'code':{'$ref':'#/components/schemas/ErrorCode'},"
     "'pointer':{'type':'string'},'parameter':{'type':'string'},'page':{'type':'string'},"
     "'reason':{'type':'string'},'way_out':{'type':'string'},'line':{'type':'integer'},"
     "'column':{'type':'integer'},'request_id':{'type':'string'},'errors':{'type':'array',"
     "'items':{'$ref':'#/components/schemas/Finding'}}},'required':['type','title','status','detail',"
     "'code','request_id']}"},
    {"AnyObject",
     "{'type':'object','description':'A JSON object.','additionalProperties':true}"},
    {"Health",
     "{'type':'object','description':'The server answers and its database too.',"
     "'properties':{'status':{'type':'string','enum':['ok']},'manual_version':{'type':'integer'},"
     "'now':{'type':'string','format':'date-time'},"
     "'clock':{'type':'string','enum':['machine','set'],'description':'set: by --clock, for tests and demonstrations; now is not the real time.'},"
     "'mail':{'type':'string','enum':['off','untried','ok','failing'],'description':'off: no mail server is configured.'}},"
     "'required':['status','manual_version','now','clock','mail']}"},
    {"Outbox",
     "{'type':'object','description':'Mails that wait, and those that were given up.','properties':{"
     "'waiting':{'type':'integer','minimum':0,'maximum':1000},"
     "'oldest':{'type':['string','null'],'format':'date-time','description':'Since when the oldest of them waits.'},"
     "'given_up':{'type':'array','description':'Of the last 30 days, newest first, at most 20.','items':{'type':'object',"
     "'properties':{'id':{'type':'string'},'at':{'type':'string','format':'date-time'},'attempts':{'type':'integer'},"
     "'reason':{'type':'string'}},'required':['id','at','attempts','reason']}}},"
     "'required':['waiting','oldest','given_up']}"},
    {"MailState",
     "{'type':'object','description':'What becomes of the mails: to colleagues, and to customers.',"
     "'properties':{'state':{'type':'string','enum':['off','untried','ok','failing'],"
     "'description':'Of the mail server as this node meets it. off: none is configured; untried: nothing was due since the start.'},"
     "'since':{'type':'string','format':'date-time'},"
     "'cause':{'type':['string','null'],'description':'Of failing, in a word: not-resolved, no-connection, timeout, certificate, login ...'},"
     "'waiting':{'type':'integer','minimum':0,'maximum':1000},"
     "'oldest':{'type':['string','null'],'format':'date-time','description':'Since when the oldest of them waits.'},"
     "'given_up':{'type':'array','description':'Of the last 30 days, newest first, at most 20.','items':{'type':'object',"
     "'properties':{'id':{'type':'string'},'at':{'type':'string','format':'date-time'},'attempts':{'type':'integer'},"
     "'reason':{'type':'string'}},'required':['id','at','attempts','reason']}},"
     "'to_customers':{'$ref':'#/components/schemas/Outbox'}},"
     "'required':['state','since','cause','waiting','oldest','given_up','to_customers']}"},
    {"ToneHint",
     "{'type':'object','description':'What the tone guide says to some words.','properties':{"
     "'page':{'type':'string'},'page_label':{'type':'string'},"
     "'words':{'type':'string','description':'Those it is about; empty: what is missing.'},"
     "'at':{'type':'integer','description':'How many characters stand before them.'},"
     "'text':{'type':'string','description':'What to do.'},'why':{'type':'string','description':'May be empty.'}},"
     "'required':['page','page_label','words','at','text','why']}"},
    {"Tone",
     "{'type':'object','description':'What the tone guide says to a text.','properties':{'hints':{'type':'array',"
     "'items':{'$ref':'#/components/schemas/ToneHint'}}},'required':['hints']}"},
    {"Words",
     "{'type':'object','description':'A template, filled in.','properties':{'page':{'type':'string'},"
     "'label':{'type':'string'},'channel':{'type':'string'},'subject':{'type':'string'},"
     "'passages':{'type':'array','items':{'type':'object','description':'A passage.','properties':{"
     "'name':{'type':'string'},'text':{'type':'string'},'why':{'type':'string','description':'Why it is worded so.'},"
     "'personal':{'type':'boolean','description':'To be made one\\'s own.'}},'required':['name','text','why','personal']}},"
     "'unresolved':{'type':'array','items':{'type':'string'},'description':'Merge fields the record cannot fill.'},"
     "'placeholders':{'type':'array','items':{'type':'string'},"
     "'description':'What the writer has to put in, as it stands in the text: [what they asked].'}},"
     "'required':['page','label','channel','subject','passages','unresolved','placeholders']}"},
    {"MailForm",
     "{'type':'object','description':'What writing a mail about a record needs.','properties':{"
     "'mail':{'type':'string','enum':['on','off'],'description':'off: this installation has no mail server.'},"
     "'from':{'type':'string','description':'As it reaches the customer; empty when off.'},"
     "'reply_to':{'type':'string','description':'Where answers go.'},"
     "'addresses':{'type':'array','description':'Those of the record first.','items':{'type':'object',"
     "'description':'An address a mail may go to.','properties':{'address':{'type':'string'},'name':{'type':'string'},"
     "'label':{'type':'string','description':'Of the field.'},'object':{'type':'string'},"
     "'record':{'$ref':'#/components/schemas/Id'},'unwanted':{'type':'boolean','description':'They asked not to get mails.'}},"
     "'required':['address','name','label','object','record','unwanted']}},"
     "'templates':{'type':'array','items':{'type':'object','description':'A template for mails about such a record.',"
     "'properties':{'page':{'type':'string'},'label':{'type':'string'}},'required':['page','label']}},"
     "'words':{'anyOf':[{'$ref':'#/components/schemas/Words'},{'type':'null'}],"
     "'description':'The template that was asked for.'}},"
     "'required':['mail','from','reply_to','addresses','templates','words']}"},
    {"Mail",
     "{'type':'object','description':'A mail on its way to a customer.','properties':{"
     "'id':{'$ref':'#/components/schemas/Id'},'object':{'type':'string'},'record':{'$ref':'#/components/schemas/Id'},"
     "'to':{'type':'string'},'state':{'type':'string','enum':['waiting']},'at':{'type':'string','format':'date-time'},"
     "'hints':{'type':'array','items':{'$ref':'#/components/schemas/ToneHint'}}},"
     "'required':['id','object','record','to','state','at','hints']}"},
    {"MailOfRecord",
     "{'type':'object','description':'A mail about a record, and what became of it.','properties':{"
     "'id':{'$ref':'#/components/schemas/Id'},'activity':{'$ref':'#/components/schemas/Id'},"
     "'state':{'type':'string','enum':['waiting','sent','failed']},'at':{'type':'string','format':'date-time'},"
     "'sent':{'type':['string','null'],'format':'date-time','description':'When the mail server took it.'},"
     "'error':{'type':'string','description':'Why it failed, for whoever wrote it.'}},"
     "'required':['id','activity','state','at','sent','error']}"},
    {"SignedIn",
     "{'type':'object','description':'A session. Browsers get it as a cookie as well.',"
     "'properties':{'token':{'type':'string','description':'For the header Authorization: Bearer.'},"
     "'user':{'$ref':'#/components/schemas/Id'},'expires_at':{'type':'string','format':'date-time'}},"
     "'required':['token','user','expires_at']}"},
    {"Me",
     "{'type':'object','description':'The one who asks.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'name':{'type':'string'},"
     "'email':{'type':'string'},'zone':{'type':'string','description':'Time zone, IANA name.'},"
     "'team':{'anyOf':[{'$ref':'#/components/schemas/Reference'},{'type':'null'}]},"
     "'roles':{'type':'array','items':{'type':'object','description':'A role.',"
     "'properties':{'name':{'type':'string'},'label':{'type':'string'},'page':{'type':'string'}},"
     "'required':['name','label','page']}},'rights':{'type':'array','items':{'type':'string'}},"
     "'objects':{'type':'object','description':'Scope by object and verb: none, own, team, below, all.',"
     "'additionalProperties':{'type':'object','additionalProperties':{'type':'string','enum':['none',"
     "'own','team','below','all']}}},'settings':{'$ref':'#/components/schemas/Settings'},'session':{'anyOf':[{'$ref':'#/components/schemas/Id'},"
     "{'type':'null'}]},'manual_version':{'type':'integer'},'demo':{'type':'boolean'}},'required':['id',"
     "'name','email','zone','team','roles','rights','objects','settings','session','manual_version','demo']}"},
    {"Settings",
     "{'type':'object','description':'What a person likes, wherever they sign in.','properties':{'theme':{'type':'string',"
     "'enum':['system','light','dark']},'density':{'type':'string','enum':['comfortable','compact']},"
     "'single_keys':{'type':'boolean'},'simple':{'type':'boolean'},'zone':{'type':'string',"
     "'description':'Their own; empty: the one of the company.'},'muted':{'type':'array','items':{'type':'string'},"
     "'description':'Kinds of notices not wanted.'}},'required':['theme','density','single_keys','simple','zone','muted']}"},
    {"PeopleList",
     "{'type':'object','description':'People, by name.','properties':{'data':{'type':'array','items':{'type':'object',"
     "'description':'A colleague.','properties':{'id':{'$ref':'#/components/schemas/Id'},'name':{'type':'string'},"
     "'email':{'type':['string','null'],'description':'For those who manage users.'},'active':{'type':'boolean'},"
     "'team':{'anyOf':[{'$ref':'#/components/schemas/Reference'},{'type':'null'}]},"
     "'reports_to':{'anyOf':[{'$ref':'#/components/schemas/Reference'},{'type':'null'}]},"
     "'roles':{'type':'array','items':{'$ref':'#/components/schemas/RoleName'}},'zone':{'type':'string'},"
     "'last_seen_at':{'type':['string','null'],'format':'date-time','description':'For those who manage users.'},"
     "'away':{'anyOf':[{'type':'object','description':'Today.','properties':{'from':{'type':'string','format':'date'},"
     "'to':{'type':'string','format':'date'},'cover':{'anyOf':[{'$ref':'#/components/schemas/Reference'},"
     "{'type':'null'}]}},'required':['from','to','cover']},{'type':'null'}]}},'required':['id','name','email','active',"
     "'team','reports_to','roles','zone','last_seen_at','away']}}},'required':['data']}"},
    {"RoleName",
     "{'type':'object','description':'A role.','properties':{'name':{'type':'string'},'label':{'type':'string',"
     "'description':'The name, where the manual has no such role.'}},'required':['name','label']}"},
    {"RoleList",
     "{'type':'object','description':'Roles, as the manual has them.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'A role.','properties':{'name':{'type':'string'},'label':{'type':'string'},"
     "'page':{'type':'string'},'reports_to':{'anyOf':[{'$ref':'#/components/schemas/RoleName'},{'type':'null'}]},"
     "'default':{'type':'boolean','description':'Of everybody who has no other.'},"
     "'duties':{'type':'array','items':{'type':'string'}},"
     "'holders':{'type':'array','description':'Active people, as far as the one who asks may see people.',"
     "'items':{'$ref':'#/components/schemas/Reference'}},'can':{'type':'array','items':{'type':'object',"
     "'description':'How far each verb reaches: none, own, team, below, all.','properties':{'object':{'type':'string'},"
     "'label':{'type':'string'},'read':{'$ref':'#/components/schemas/Scope'},'create':{'$ref':'#/components/schemas/Scope'},"
     "'update':{'$ref':'#/components/schemas/Scope'},'assign':{'$ref':'#/components/schemas/Scope'},"
     "'archive':{'$ref':'#/components/schemas/Scope'},'delete':{'$ref':'#/components/schemas/Scope'},"
     "'export':{'$ref':'#/components/schemas/Scope'}},'required':['object','label','read','create','update','assign',"
     "'archive','delete','export']}},'rights':{'type':'array','items':{'type':'string'}},"
     "'fields':{'type':'array','items':{'type':'object','description':'A field that may not be written.',"
     "'properties':{'object':{'type':'string'},'field':{'type':'string'},'label':{'type':'string'},"
     "'access':{'type':'string','enum':['none','read']}},'required':['object','field','label','access']}}},"
     "'required':['name','label','page','reports_to','default','duties','holders','can','rights','fields']}}},"
     "'required':['data']}"},
    {"Scope", "{'type':'string','description':'How far a verb reaches.','enum':['none','own','team','below','all']}"},
    {"ObjectList",
     "{'type':'object','description':'What kinds of records there are, as far as the one who asks may see them.',"
     "'properties':{'manual_version':{'type':'integer'},'data':{'type':'array',"
     "'items':{'$ref':'#/components/schemas/ObjectShape'}}},'required':['manual_version','data']}"},
    {"ObjectShape",
     "{'type':'object','description':'A kind of record.','properties':{'name':{'type':'string'},"
     "'label':{'type':'string'},'plural':{'type':'string'},'icon':{'type':'string'},"
     "'page':{'type':'string','description':'Its page in the manual.'},'title':{'type':'string',"
     "'description':'The field that names a record.'},'timeline':{'type':'boolean'},"
     "'open_when':{'type':'string','description':'When a record is still being worked on; empty: always.'},"
     "'may':{'type':'object','description':'How far each verb reaches.',"
     "'additionalProperties':{'type':'string','enum':['none','own','team','below','all']}},"
     "'fields':{'type':'array','items':{'$ref':'#/components/schemas/FieldShape'}},"
     "'computed':{'type':'array','description':'What a list can show beside the fields, if asked for in fields.',"
     "'items':{'type':'object','description':'A column that is worked out.','properties':{'name':{'type':'string'},"
     "'label':{'type':'string'},'type':{'type':'string'},'expression':{'type':'string',"
     "'description':'The same for a filter; empty: there is none.'},'sort':{'type':'boolean',"
     "'description':'Lists can be sorted by it.'}},'required':['name','label','type','expression','sort']}},'list':{'type':'array',"
     "'items':{'type':'string'}},'form':{'type':'array','items':{'type':'string'}},'detail':{'type':'array',"
     "'items':{'type':'object','description':'A group of fields.','properties':{'label':{'type':'string'},"
     "'fields':{'type':'array','items':{'type':'string'}}},'required':['label','fields']}}},"
     "'required':['name','label','plural','icon','page','title','timeline','open_when','may','fields','list',"
     "'form','detail']}"},
    {"FieldShape",
     "{'type':'object','description':'A field.','properties':{'name':{'type':'string'},"
     "'label':{'type':'string'},'help':{'type':'string'},'type':{'type':'string','description':'One of the"
     " types of fields; a formula has the type of its values.'},'system':{'type':'boolean'},"
     "'required':{'type':'boolean'},'write':{'type':'boolean'},'sort':{'type':'boolean'},"
     "'options':{'type':'array','items':{'type':'object','description':'An option.',"
     "'properties':{'name':{'type':'string'},'label':{'type':'string'},'closed':{'type':'string',"
     "'enum':['won','lost']}},'required':['name','label']}},'open':{'type':'boolean',"
     "'description':'Words that are no option are kept too.'},'to':{'type':'string',"
     "'description':'The object referred to; empty: any.'},'currency':{'type':'string',"
     "'description':'Of money; and of a number that a formula takes from an amount of money.'},"
     "'min':{'type':['integer','string']},'max':{'type':['integer','string']},"
     "'visible_when':{'type':'string'}},'required':['name','label','help','type','system','required',"
     "'write','sort']}"},
    {"SessionList",
     "{'type':'object','description':'Sessions, newest first.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'A session.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'label':{'type':'string',"
     "'description':'What the browser calls itself.'},'created_at':{'type':'string','format':'date-time'},"
     "'seen_at':{'type':'string','format':'date-time'},'expires_at':{'type':'string',"
     "'format':'date-time'},'this':{'type':'boolean','description':'The one that asks.'}},"
     "'required':['id','label','created_at','seen_at','expires_at','this']}}},'required':['data']}"},
    {"TokenList",
     "{'type':'object','description':'API tokens, newest first.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'An API token.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'user':{'$ref':'#/components/schemas/Id'},"
     "'name':{'type':'string'},'created_at':{'type':'string','format':'date-time'},"
     "'used_at':{'type':['string','null'],'format':'date-time'},'expires_at':{'type':['string','null'],"
     "'format':'date-time'}},'required':['id','user','name','created_at','used_at','expires_at']}}},"
     "'required':['data']}"},
    {"TokenCreated",
     "{'type':'object','description':'The text of the token is shown this once.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'token':{'type':'string'}},'required':['id',"
     "'token']}"},
    {"Created",
     "{'type':'object','description':'What was made.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'}},'required':['id']}"},
    {"Cleaned",
     "{'type':'object','description':'What was stored differently from what was typed,"
     " and by which rule.','properties':{'field':{'type':'string'},'typed':{'type':'string'},"
     "'stored':{'type':'string'},'rule':{'type':'string'},'doubtful':{'type':'boolean',"
     "'description':'Kept, but somebody should look.'}},'required':['field','typed','stored','rule',"
     "'doubtful']}"},
    {"AnyRecord",
     "{'type':'object','description':'A record of any object.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'version':{'type':'integer'}},"
     "'required':['id'],'additionalProperties':true}"},
    {"ChangePage",
     "{'type':'object','description':'Changes, newest first.','properties':{'data':{'type':'array',"
     "'items':{'type':'object',"
     "'description':'One change of one field; field is empty where the whole record is meant.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'at':{'type':'string','format':'date-time'},"
     "'kind':{'type':'string'},'field':{'type':'string'},'old':{'description':'The value before.'},"
     "'new':{'description':'The value after.'},'actor':{'anyOf':[{'$ref':'#/components/schemas/Id'},"
     "{'type':'null'}]},'via':{'type':'string'},'page':{'type':'string',"
     "'description':'Page of the manual that acted; empty for people.'},"
     "'manual_version':{'type':'integer'}},'required':['id','at','kind','field','old','new','actor','via',"
     "'page','manual_version']}},'next':{'type':['string','null'],"
     "'description':'Cursor of the next page; null at the end.'}},'required':['data','next']}"},
    {"TimelinePage",
     "{'type':'object','description':'What happened, newest first.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'An entry.','properties':{'kind':{'type':'string',"
     "'description':'activity, change, task, breach or run'},'id':{'$ref':'#/components/schemas/Id'},"
     "'at':{'type':'string','format':'date-time'},'entry':{'$ref':'#/components/schemas/AnyObject'}},"
     "'required':['kind','id','at','entry']}},'next':{'type':['string','null'],"
     "'description':'Cursor of the next page; null at the end.'}},'required':['data','next']}"},
    {"RecordWork",
     "{'type':'object','description':'What is to be done about a record.',"
     "'properties':{'next':{'anyOf':[{'$ref':'#/components/schemas/AnyObject'},{'type':'null'}],"
     "'description':'The one next action.'},'tasks':{'type':'array',"
     "'items':{'$ref':'#/components/schemas/Task'}},'runs':{'type':'array',"
     "'items':{'$ref':'#/components/schemas/AnyObject'}},"
     "'mails':{'type':'array','description':'To customers, newest first, at most 50.',"
     "'items':{'$ref':'#/components/schemas/MailOfRecord'}}},'required':['tasks','runs','mails'],"
     "'additionalProperties':true}"},
    {"Why",
     "{'type':'object','description':'A term of a condition, and whether it holds.',"
     "'properties':{'text':{'type':'string'},'words':{'type':'string'},'holds':{'type':'boolean'},"
     "'parts':{'type':'array','items':{'$ref':'#/components/schemas/Why'}}},'required':['text','words',"
     "'holds','parts']}"},
    {"EarlierBreach",
     "{'type':'object','description':'A time a rule was not met on a record.','properties':{"
     "'id':{'$ref':'#/components/schemas/Id'},'rule':{'type':'string'},"
     "'at':{'type':'string','format':'date-time'},"
     "'due':{'type':['string','null'],'format':'date-time'},"
     "'met':{'type':['string','null'],'format':'date-time','description':'When it was met after all.'},"
     "'owed_by':{'anyOf':[{'$ref':'#/components/schemas/Id'},{'type':'null'}]},'owed_by_name':{'type':'string'},"
     "'cause':{'type':'string','description':'What got in the way; empty: nobody said.'},"
     "'comment':{'type':'string'},'words':{'type':'string','description':'All of it in a sentence.'}},"
     "'required':['id','rule','at','due','met','owed_by','owed_by_name','cause','comment','words']}"},
    {"Explanation",
     "{'type':'object','description':'Why a condition holds or a page acted, or not.',"
     "'properties':{'matches':{'type':'boolean'},'why':{'$ref':'#/components/schemas/Why'},"
     "'breaches':{'type':'array','description':'When the rule was not met before, newest first, as far as it concerns"
     " the one who asks.','items':{'$ref':'#/components/schemas/EarlierBreach'}},"
     "'more_breaches':{'type':'boolean','description':'There are older ones.'}},"
     "'additionalProperties':true}"},
    {"GroupList",
     "{'type':'object','description':'Figures by group.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'One group.','properties':{'keys':{'type':'object',"
     "'description':'By key as asked.','additionalProperties':true},'values':{'type':'object',"
     "'description':'By measure as asked.','additionalProperties':true}},'required':['keys','values']}},"
     "'more':{'type':'boolean'}},'required':['data'],'additionalProperties':true}"},
    {"Count",
     "{'type':'object','description':'How many.','properties':{'count':{'type':'integer'},"
     "'count_is_exact':{'type':'boolean','description':'False: there are more.'}},'required':['count',"
     "'count_is_exact']}"},
    {"SinceList",
     "{'type':'object','description':'Since when a field has its value.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'A record.','properties':{'id':{'$ref':'#/components/schemas/Id'},"
     "'since':{'type':['string','null'],'format':'date-time'}},'required':['id','since']}}},'required':['data']}"},
    {"BulkResult",
     "{'type':'object','description':'What was done, or would be.',"
     "'properties':{'dry_run':{'type':'boolean'},'matched':{'type':'integer'},"
     "'changed':{'type':'integer'},'unchanged':{'type':'integer'},'refused':{'type':'array',"
     "'items':{'type':'object','description':'A record that was left as it is, and why.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},"
     "'code':{'$ref':'#/components/schemas/ErrorCode'},'detail':{'type':'string'},"
     "'page':{'type':'string'},'reason':{'type':'string'},'way_out':{'type':'string'}},'required':['id',"
     "'code','detail','page','reason','way_out']}},'changes':{'type':'array',"
     "'description':'The saves that were made, to take them back.','items':{'$ref':'#/components/schemas/Id'}},"
     "'next_after':{'anyOf':[{'$ref':'#/components/schemas/Id'},{'type':'null'}]}},'required':['dry_run',"
     "'matched','changed','unchanged','refused','changes','next_after']}"},
    {"UndoResult",
     "{'type':'object','description':'What was taken back and what was not.','properties':{'undone':{'type':'integer'},"
     "'changes':{'type':'array','description':'The saves by which it was taken back; taking those back does it again.',"
     "'items':{'$ref':'#/components/schemas/Id'}},'refused':{'type':'array','items':{'type':'object',"
     "'description':'A save that stays, and why.','properties':{'id':{'$ref':'#/components/schemas/Id'},"
     "'record':{'anyOf':[{'$ref':'#/components/schemas/Id'},{'type':'null'}],'description':'Null where it may not be seen.'},"
     "'code':{'$ref':'#/components/schemas/ErrorCode'},'detail':{'type':'string'},'page':{'type':'string'},"
     "'reason':{'type':'string'},'way_out':{'type':'string'}},'required':['id','record','code','detail','page','reason',"
     "'way_out']}}},'required':['undone','changes','refused']}"},
    {"SearchResult",
     "{'type':'object','description':'The best first.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'A record found.','properties':{'object':{'type':'string'},"
     "'id':{'$ref':'#/components/schemas/Id'},'title':{'type':'string'},'snippet':{'type':'string'}},"
     "'required':['object','id','title']}}},'required':['data'],'additionalProperties':true}"},
    {"ViewColumn",
     "{'type':'object','description':'A column of a view.','properties':{'field':{'type':'string',"
     "'description':'A field, also through references: account.name.'},'width':{'type':'integer','minimum':0,"
     "'maximum':2000,'description':'In pixels; 0: as wide as it needs.'}},'required':['field'],"
     "'additionalProperties':false}"},
    {"View",
     "{'type':'object','description':'A list as somebody likes to see it.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'object':{'type':'string'},'name':{'type':'string'},"
     "'shared':{'type':'boolean'},'mine':{'type':'boolean'},'may_change':{'type':'boolean',"
     "'description':'By the one who asks.'},'owner':{'$ref':'#/components/schemas/Reference'},"
     "'layout':{'type':'string','enum':['grid','board']},'filter':{'type':'string'},'sort':{'type':'string'},"
     "'group':{'type':'string'},'columns':{'type':'array','items':{'$ref':'#/components/schemas/ViewColumn'}},"
     "'problem':{'type':'string','description':'Why it cannot be shown to the one who asks; empty: it can.'},"
     "'used_by':{'type':'integer','description':'Other people who opened it in the last 90 days.'},"
     "'version':{'type':'integer'}},'required':['id','object','name','shared','mine','may_change','owner','layout',"
     "'filter','sort','group','columns','problem','used_by','version']}"},
    {"ViewList",
     "{'type':'object','description':'Saved views, by name.','properties':{'data':{'type':'array',"
     "'items':{'$ref':'#/components/schemas/View'}}},'required':['data']}"},
    {"ViewUsers",
     "{'type':'object','description':'Who uses a view, the latest first.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'A person.','properties':{'id':{'$ref':'#/components/schemas/Id'},"
     "'name':{'type':'string'},'at':{'type':'string','format':'date-time'}},'required':['id','name','at']}}},"
     "'required':['data']}"},
    {"Task",
     "{'type':'object','description':'What somebody owes a record by a time, and why.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'version':{'type':'integer'},"
     "'kind':{'type':'string','description':'step, policy, escalation, asked or breach'},"
     "'title':{'type':'string'},'record':{'type':'object','description':'What it is about.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'object':{'type':'string'},"
     "'object_label':{'type':'string'},'title':{'type':'string'}},'required':['id','object']},"
     "'owed_by':{'anyOf':[{'$ref':'#/components/schemas/Id'},{'type':'null'}]},"
     "'owed_by_name':{'type':'string'},'role':{'type':'string'},"
     "'asked_by':{'anyOf':[{'$ref':'#/components/schemas/Id'},{'type':'null'}]},"
     "'priority':{'type':'integer'},'optional':{'type':'boolean'},'opened':{'type':['string','null'],"
     "'format':'date-time'},'until':{'type':['string','null'],'format':'date-time'},"
     "'not_before':{'type':['string','null'],'format':'date-time'},'closed':{'type':['string','null'],"
     "'format':'date-time'},'closed_as':{'type':'string','description':'Empty while open; done, skipped,"
     " cancelled or breached.'},'note':{'type':'string'},'overdue':{'type':'boolean'},"
     "'because':{'type':'string'},'why':{'type':'object','description':'Why it is owed.',"
     "'properties':{'page':{'type':'string'},'page_label':{'type':'string'},'step':{'type':'string'},"
     "'line':{'type':'integer'},'manual_version':{'type':'integer'},'reason':{'type':'string'},"
     "'how':{'type':'string'},'done_when':{'type':'string'}},'required':['page']},"
     "'needs':{'type':'array','items':{'$ref':'#/components/schemas/Need'},"
     "'description':'What has to be filled before it is done; empty where it is not a matter of fields.'},"
     "'words':{'anyOf':[{'$ref':'#/components/schemas/Words'},{'type':'null'}]},"
     "'after':{'anyOf':[{'$ref':'#/components/schemas/AnyObject'},{'type':'null'}],"
     "'description':'Outcomes and what comes next.'}},'required':['id','version','kind','title'],"
     "'additionalProperties':true}"},
    {"Need",
     "{'type':'object','description':'A field that a person has to fill.','properties':{'object':{'type':'string'},"
     "'record':{'$ref':'#/components/schemas/Id'},'field':{'type':'string'},'label':{'type':'string'}},"
     "'required':['object','record','field','label']}"},
    {"TaskPage",
     "{'type':'object','description':'Tasks.','properties':{'data':{'type':'array',"
     "'items':{'$ref':'#/components/schemas/Task'}},'next':{'type':['string','null'],"
     "'description':'Cursor of the next page; null at the end.'}},'required':['data','next']}"},
    {"Day",
     "{'type':'object','description':'A day: open tasks in the order a wise colleague would do them.',"
     "'properties':{'data':{'type':'array','items':{'$ref':'#/components/schemas/Task'}},"
     "'next':{'type':['string','null'],'description':'Cursor of the next page; null at the end.'},"
     "'summary':{'$ref':'#/components/schemas/AnyObject'}},'required':['data','next','summary']}"},
    {"BreachPage",
     "{'type':'object','description':'Rules that were not met.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'A dated fact.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'version':{'type':'integer'},"
     "'page':{'type':'string'},'page_label':{'type':'string'},'rule':{'type':'string'},"
     "'object':{'type':'string'},'record':{'anyOf':[{'$ref':'#/components/schemas/Id'},{'type':'null'}]},"
     "'record_title':{'type':'string'},'task':{'anyOf':[{'$ref':'#/components/schemas/Id'},"
     "{'type':'null'}]},'owed_by':{'anyOf':[{'$ref':'#/components/schemas/Id'},{'type':'null'}]},"
     "'owed_by_name':{'type':'string'},'at':{'type':['string','null'],'format':'date-time'},"
     "'due':{'type':['string','null'],'format':'date-time'},'met':{'type':['string','null'],"
     "'format':'date-time'},'cause':{'type':'string'},'comment':{'type':'string'},"
     "'manual_version':{'type':'integer'}},'required':['id','page','record'],"
     "'additionalProperties':true}},'next':{'type':['string','null'],"
     "'description':'Cursor of the next page; null at the end.'}},'required':['data','next']}"},
    {"EscalationList",
     "{'type':'object','description':'Escalations about a record.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'An escalation and who was called.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'page':{'type':'string'},"
     "'label':{'type':'string'}},'required':['id','page'],'additionalProperties':true}}},"
     "'required':['data']}"},
    {"PolicyList",
     "{'type':'object','description':'Every policy and how it is kept.',"
     "'properties':{'data':{'type':'array','items':{'type':'object','description':'A policy.',"
     "'properties':{'page':{'type':'string'},'label':{'type':'string'},'sentence':{'type':'string'},"
     "'mode':{'type':'string','enum':['off','watch','remind','fix','block']}},'required':['page','label',"
     "'sentence','mode'],'additionalProperties':true}}},'required':['data']}"},
    {"PolicyPast",
     "{'type':'object','description':'A policy tried on the past, as if it had been switched on at `from` "
     "and only watched. Counts are of the company; examples are records you may read.','properties':{'page"
     "':{'type':'string'},'label':{'type':'string'},'sentence':{'type':'string'},'mode':{'type':'string','"
     "enum':['off','watch','remind','fix','block']},'clock':{'type':'string','enum':['within','every','alw"
     "ays']},'from':{'type':'string','format':'date-time'},'to':{'type':'string','format':'date-time'},'re"
     "cords':{'type':'integer','description':'There were in that time.'},'looked_at':{'type':'integer','de"
     "scription':'Of these; fewer where there are very many.'},'in_scope':{'type':'integer','description':"
     "'Records the policy was about at some time.'},'kept':{'type':'integer'},'breached':{'type':'integer'"
     "},'running':{'type':'integer','description':'Clocks that still run at the end.'},'reminders':{'type'"
     ":'integer','description':'Reminders it would have sent.'},'by_week':{'type':'array','items':{'type':"
     "'object','description':'A week, by its Monday.','properties':{'week':{'type':'string','format':'date"
     "'},'kept':{'type':'integer'},'breached':{'type':'integer'}},'required':['week','kept','breached']}},"
     "'by_step':{'type':'array','items':{'type':'object','description':'Where records stood that broke it."
     "','properties':{'step':{'type':'string'},'breached':{'type':'integer'}},'required':['step','breached"
     "']}},'examples':{'type':'array','items':{'type':'object','description':'A breach, newest first.','pr"
     "operties':{'object':{'type':'string'},'record':{'$ref':'#/components/schemas/Id'},'title':{'type':'s"
     "tring'},'due_at':{'type':'string','format':'date-time'},'met_at':{'type':['string','null'],'format':"
     "'date-time'}},'required':['object','record','title','due_at','met_at']}},'assumed':{'type':'array','"
     "items':{'type':'string'},'description':'What cannot be known of the past and was taken for granted.'"
     "}},'required':['page','label','sentence','mode','clock','from','to','records','looked_at','in_scope'"
     ",'kept','breached','running','reminders','by_week','by_step','examples','assumed']}"},
    {"NoticePage",
     "{'type':'object','description':'Notices, newest first.','properties':{'data':{'type':'array',"
     "'items':{'type':'object','description':'A notice.',"
     "'properties':{'id':{'$ref':'#/components/schemas/Id'},'kind':{'type':'string'},"
     "'title':{'type':'string'},'count':{'type':'integer'},'at':{'type':['string','null'],"
     "'format':'date-time'},'read':{'type':'boolean'},'done_at':{'type':['string','null'],'format':'date-time'},"
     "'until':{'type':['string','null'],'format':'date-time','description':'It was put off until then.'},'object':{'type':'string'},"
     "'record':{'anyOf':[{'$ref':'#/components/schemas/Id'},{'type':'null'}]},'page':{'type':'string'}},"
     "'required':['id','kind','title','read','done_at','until'],'additionalProperties':true}},'next':{'type':['string',"
     "'null'],'description':'Cursor of the next page; null at the end.'},'unread':{'type':'integer'}},"
     "'required':['data','next','unread']}"},
    {"PageHead",
     "{'type':'object','description':'A page of the manual, without its text.',"
     "'properties':{'path':{'type':'string'},'kind':{'type':'string'},'name':{'type':'string'},"
     "'label':{'type':'string'},'owner':{'type':'string','description':'Role responsible for the page.'},"
     "'review':{'type':['string','null'],'format':'date'},'why':{'type':'string'},"
     "'object':{'type':'string','description':'Of an escalation: for records of this object; left out: for all.'}},"
     "'required':['path','kind','name','label','owner','review','why']}"},
    {"PageList",
     "{'type':'object','description':'The pages of the live manual.',"
     "'properties':{'version':{'type':'integer'},'published_at':{'type':['string','null'],"
     "'format':'date-time'},'data':{'type':'array','items':{'$ref':'#/components/schemas/PageHead'}}},"
     "'required':['version','published_at','data']}"},
    {"Page",
     "{'type':'object','description':'A page of the manual.','properties':{'path':{'type':'string'},"
     "'kind':{'type':'string'},'name':{'type':'string'},'label':{'type':'string'},"
     "'owner':{'type':'string','description':'Role responsible for the page.'},'review':{'type':['string',"
     "'null'],'format':'date'},'why':{'type':'string'},'version':{'type':'integer'},"
     "'text':{'type':'string','description':'The whole file.'},'body':{'type':'string',"
     "'description':'The Markdown.'},'sections':{'type':'array','items':{'type':'object',"
     "'description':'A heading and what stands below it.','properties':{'title':{'type':'string'},"
     "'level':{'type':'integer'},'line':{'type':'integer'},'text':{'type':'string'},"
     "'why':{'type':'string'}},'required':['title','level','line','text','why']}},'rules':{'type':'array',"
     "'description':'Expressions of its settings.','items':{'type':'object','description':'One of "
     "them.','properties':{'setting':{'type':'string'},'words':{'type':'string','description':'In plain words.'},"
     "'exact':{'type':'string','description':'As it is written.'}},'required':['setting','words','exact']}}},"
     "'required':['path','kind','name','label','owner','review','why','version','text','body','sections']}"},
    {"PageVersion",
     "{'type':'object','description':'A page as it was in a version.','allOf':[{'$ref':'#/components/schemas/Page'},"
     "{'type':'object','description':'What became of it.','properties':{'live':{'type':'integer','description':'Number "
     "of the live version.'},'changed_in':{'type':'array','items':{'type':'integer'},'description':'Later versions in "
     "which its text became another, or in which it went.'}},'required':['live','changed_in']}]}"},
    {"ManualDiff",
     "{'type':'object','description':'What differs between two versions.','properties':{'from':{'type':'integer'},"
     "'to':{'type':'integer'},'pages':{'type':'array','items':{'type':'object','description':'A page that differs.',"
     "'properties':{'path':{'type':'string'},'label':{'type':'string'},'change':{'type':'string',"
     "'enum':['changed','added','removed']},'sentences':{'type':'array','items':{'type':'object',"
     "'description':'A change of a setting, in words.','properties':{'text':{'type':'string'},'line':{'type':'integer',"
     "'description':'In the newer text; 0: not there.'},'line_before':{'type':'integer'}},'required':['text','line',"
     "'line_before']}},'passages':{'type':'array','items':{'type':'object','description':'A part of the text that "
     "differs.','properties':{'section':{'type':'string','description':'The heading above.'},'line':{'type':'integer'},"
     "'line_before':{'type':'integer'},'pieces':{'type':'array','items':{'type':'object','description':'Words; a line "
     "break begins a new paragraph.','properties':{'how':{'type':'string','enum':['same','removed','added']},"
     "'text':{'type':'string'}},'required':['how','text']}}},'required':['section','line','line_before','pieces']}}},"
     "'required':['path','label','change','sentences','passages']}},'text':{'type':'string','description':'The same as a "
     "unified diff.'}},'required':['from','to','pages','text']}"},
    {"SeenVersion",
     "{'type':'object','description':'The version of the manual somebody has looked at last.','properties':{"
     "'version':{'type':'integer','description':'0: none yet.'},'live':{'type':'integer'}},'required':['version','live']}"},
    {"VersionList",
     "{'type':'object','description':'All versions, newest first.',"
     "'properties':{'live':{'type':'integer'},'data':{'type':'array','items':{'type':'object',"
     "'description':'A version.','properties':{'version':{'type':'integer'},"
     "'author':{'anyOf':[{'$ref':'#/components/schemas/Id'},{'type':'null'}]},'at':{'type':['string',"
     "'null'],'format':'date-time'},'reason':{'type':'string'},'pages':{'type':'integer'}},"
     "'required':['version','author','at','reason','pages']}}},'required':['live','data']}"},
    {"PageFile",
     "{'type':'object','description':'A page as a file.','properties':{'path':{'type':'string',"
     "'examples':['policy/lead-assigned']},'text':{'type':'string'}},'required':['path','text'],"
     "'additionalProperties':false}"},
    {"VersionPages",
     "{'type':'object','description':'The pages of a version.','properties':{'version':{'type':'integer'},"
     "'data':{'type':'array','items':{'$ref':'#/components/schemas/PageFile'}}},'required':['version',"
     "'data']}"},
    {"PageFinding",
     "{'type':'object','description':'A finding with its place.',"
     "'properties':{'severity':{'type':'string','enum':['error','warning']},'page':{'type':'string'},"
     "'line':{'type':'integer'},'column':{'type':'integer'},'message':{'type':'string'},"
     "'suggestion':{'type':'string'}},'required':['severity','page','line','column','message',"
     "'suggestion']}"},
    {"CheckResult",
     "{'type':'object','description':'Does it hold together?','properties':{'ok':{'type':'boolean'},"
     "'errors':{'type':'integer'},'findings':{'type':'array',"
     "'items':{'$ref':'#/components/schemas/PageFinding'}}},'required':['ok','errors','findings']}"},
    {"Plan",
     "{'type':'object','description':'What publishing would do.',"
     "'properties':{'from_version':{'type':'integer'},'items':{'type':'array','items':{'type':'object',"
     "'description':'One effect.','properties':{'group':{'type':'string'},'page':{'type':'string'},"
     "'text':{'type':'string'}},'required':['group','page','text']}},'text':{'type':'string'},"
     "'findings':{'type':'array','items':{'$ref':'#/components/schemas/PageFinding'}}},"
     "'required':['from_version','items','text','findings']}"},
    {"StepFacts",
     "{'type':'object','description':'A step and what came of it.','properties':{'name':{'type':'string'},"
     "'records_now':{'type':'integer','description':'Stand here now, as far as you may read them.'},'late_"
     "now':{'type':'integer','description':'Open tasks past their time.'},'median_s':{'type':['integer','n"
     "ull'],'description':'Seconds, half took longer; null without a sample.'},'go_on_pct':{'type':['integ"
     "er','null'],'minimum':0,'maximum':100},'done':{'type':'integer'},'late':{'type':'integer','descripti"
     "on':'Done after their time.'},'skipped':{'type':'integer'},'sample':{'type':'integer','description':"
     "'How many the median and the share are taken from.'}},'required':['name','records_now','late_now','m"
     "edian_s','go_on_pct','done','late','skipped','sample']}"},
    {"StageFacts",
     "{'type':'object','description':'A stage, what came of it, and its steps.','properties':{'name':{'typ"
     "e':'string'},'records_now':{'type':'integer','description':'Stand here now, as far as you may read t"
     "hem.'},'late_now':{'type':'integer','description':'Open tasks past their time.'},'median_s':{'type':"
     "['integer','null'],'description':'Seconds, half took longer; null without a sample.'},'go_on_pct':{'"
     "type':['integer','null'],'minimum':0,'maximum':100},'done':{'type':'integer'},'late':{'type':'intege"
     "r','description':'Done after their time.'},'skipped':{'type':'integer'},'sample':{'type':'integer','"
     "description':'How many the median and the share are taken from.'},'steps':{'type':'array','items':{'"
     "$ref':'#/components/schemas/StepFacts'}}},'required':['name','records_now','late_now','median_s','go"
     "_on_pct','done','late','skipped','sample','steps']}"},
    {"Facts",
     "{'type':'object','description':'Live facts of a workflow: totals of the company over the last days; "
     "records_now and late_now count what you may read.','properties':{'page':{'type':'string'},'object':{"
     "'type':'string'},'days':{'type':'integer'},'now':{'type':'string','format':'date-time'},'stages':{'t"
     "ype':'array','items':{'$ref':'#/components/schemas/StageFacts'}}},'required':['page','object','days'"
     ",'now','stages']}"},
    {"Published",
     "{'type':'object','description':'The live version now.','properties':{'version':{'type':'integer'},"
     "'unchanged':{'type':'boolean','description':'Nothing differed: no new version was made.'},"
     "'findings':{'type':'array','items':{'$ref':'#/components/schemas/PageFinding'}}},"
     "'required':['version','unchanged','findings']}"},
    {"MetricList",
     "{'type':'object','description':'All metrics.','properties':{'data':{'type':'array',"
     "'items':{'$ref':'#/components/schemas/MetricHead'}}},'required':['data']}"},
    {"MetricHead",
     "{'type':'object','description':'A metric and its written definition.',"
     "'properties':{'name':{'type':'string'},'label':{'type':'string'},'definition':{'type':'string'},"
     "'page':{'type':'string'},'object':{'type':'string'},'owner':{'type':'string'},"
     "'target':{'type':'string'},'better':{'type':'string','enum':['higher','lower']},"
     "'by':{'type':'array','items':{'type':'string'}}},'required':['name','label','definition'],"
     "'additionalProperties':true}"},
    {"Metric",
     "{'type':'object','description':'A figure.','properties':{'name':{'type':'string'},"
     "'label':{'type':'string'},'definition':{'type':'string'},'page':{'type':'string'},"
     "'object':{'type':'string'},'owner':{'type':'string'},'target':{'type':'string'},"
     "'better':{'type':'string','enum':['higher','lower']},'by':{'type':'array',"
     "'items':{'type':'string'}},'value':{'type':['number','null']},'display':{'type':'string'},"
     "'n':{'type':'integer'},'unit':{'type':'string'},'currency':{'type':'string'},"
     "'list':{'type':['string','null'],'description':'The list behind the figure.'},"
     "'groups':{'type':'array','items':{'type':'object','description':'One group.',"
     "'properties':{'key':{'type':['string','null']},'label':{'type':'string'},'value':{'type':['number',"
     "'null']},'n':{'type':'integer'}},'required':['key','label','value'],'additionalProperties':true}}},"
     "'required':['name','label','definition','value'],'additionalProperties':true}"},
    {NULL, NULL},
};
/* clang-format on */
