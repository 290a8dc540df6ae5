"""Writes the golden templates of the tests: small sources, and what jinja2 makes of them, set up as transformers does.

    make_jinja.py OUT.jsonl

The first line is `{"variables": …, "messages": …}`, given to every source. Each further line: `source`, and `text`, or
`error` for a source that jinja2 refuses too. Needs transformers 5.23 and jinja2 3.1.
"""

import json
import random
import sys
from transformers.utils.chat_template_utils import render_jinja_template

VARIABLES = {
    "s": "héllo <b> wörld", "e": "", "n": 5, "f": 1.5, "l": [3, 1, 2], "el": [], "no": None, "t": True,
    "d": {"b": 1, "a": {"x": [1, "y", None, True, 1.0]}, "items": 7, "ключ": "знач"},
    "big": 18446744073709551615,
    "fl": [1e16, 1e15, 0.0001, 1e-5, 123456789.123, 1e22, -0.0, 5e-324, 1.7976931348623157e308, 0.1, 100.0, -1.5e-7],
    "sp": "\u3000 x \u00a0\n", "q": "it's", "qq": "a\"b'c", "ctl": "\x00\x1f\x7f\u200b\u2028😀\ue000"}
MESSAGES = [
    {"role": "system", "content": "S"}, {"role": "user", "content": " hi\n"},
    {"role": "assistant", "content": "a</think>b", "tool_calls": [
        {"function": {"name": "f", "arguments": {"x": 1, "y": "z", "w": [1, {"k": None}]}}}]},
    {"role": "tool", "content": "r1"}, {"role": "tool", "content": "r2"},
    {"role": "user", "content": [{"type": "text", "text": "T"}, {"type": "image"}, {"image_url": {}}, {"video": 1}]}]

# One expression a line.
EXPRESSIONS = r"""
s
e
n
f
l
el
d
no
t
big
fl
sp
q
qq
ctl
undef
d.a
d.b
d['items']
d.zz
d.zz.y
d['a'].x
l[0]
l[-1]
l[9]
l[0:2]
l[::-1]
l[::2]
l[-2:]
l[:-1]
l[5:1:-1]
s[::-1]
s[1]
s[1:4]
s[-3:]
l['x']
no.x
no['x']
no[0:1]
n[0]
n[0:1]
undef[0]
undef[0:1]
s|length
l|length
d|length
e|length
undef|length
no|length
n|length
s|trim
sp|trim
sp|trim|length
s|trim('hd')
d|tojson
s|tojson
ctl|tojson
fl|tojson
big|tojson
no|tojson
t|tojson
undef|tojson
l|tojson
f|tojson
d|tojson(indent=2)
el|tojson(indent=2)
d|tojson(sort_keys=true)
d|tojson(separators=(',',':'))
s|safe
s|string
n|string
no|string
undef|string
fl|string
d|items|list
l|first
l|last
el|first
el|last
s|first
s|last
l|join
l|join(',')
s|join('-')
d|list
l|list
s|list
d|join(' ')
undef|default('x')
e|default('x')
e|default('x',true)
no|default('x')
no|d('x',boolean=True)
n|upper
q|upper
q|lower
s|replace('l','L')
s|replace('l','L',1)
q|replace("'",'')
s.startswith('hé')
s.startswith('')
s.endswith('ld')
s.endswith(('x','ld'))
s.split()
s.split('l')
s.split('l',1)
s.split('zz')
s.split('')
s.split(' ')[-1]
sp.split()
sp.strip()
sp.lstrip()
sp.rstrip()
s.strip('hd')
s.lstrip('hé')
s.rstrip('d')
q.upper()
s.replace('l','')
d.get('b')
d.get('zz')
d.get('zz',3)
d.get('b',3)
d.keys()|list
d.values()|list
d.items()|list
undef.x()
undef()
s()
s.foo
s.foo()
1+2
1-2
2*3
7/2
7//2 -7//2
7%3 -7%3
7%-3
2**10
2**-1
7.5//2 -7.5//2
7.5%2 -7.5%2
7.5%-2
1.5+1
1/0
1%0
1.5%0
-s
'a'+'b' 'a'~1~none~1.5~true
'a'+1
1+'a'
[1]+[2]
(1,)+(2,)
[1]+(2,)
'ab'*3
3*'ab' [1]*2
'ab'*-1
'ab'*0
t+1
t*3
no+1
undef+1
undef~'x'
'x'+undef
s+e
l+l
1==1.0
1==true
0==false
'a'=='a' 'a'!='b'
none==none
undef==undef
undef==none
l==[3,1,2]
l==(3,1,2)
d==d
1<2
1<2<3
1<2>3
3>2>1
'a'<'b' 'B'<'a' 'é'<'z'
1<'a'
none<1
[1,2]<[1,3]
undef<1
1<=1
2>=3
1==1==1
big==big
'b'in'abc' 'x' in 'abc' '' in 'abc'
1 in l
9 in l
9 not in l
'b' in d
'zz' in d
1 in d
in
'x' in undef
1
'abc' 'x'
not t
not e
not not n
t and e
t or e
e or n
e and n
t and n or s
n is defined
undef is defined
undef is not defined
no is none
undef is none
s is string
n is string
undef is string
l is iterable
s is iterable
n is iterable
undef is iterable
d is iterable
l is sequence
s is sequence
d is sequence
n is sequence
undef is sequence
d is mapping
l is mapping
undef is mapping
t is true
t is false
n is true
no is false
n is number
f is number
t is number
s is number
n is integer
t is integer
f is integer
f is float
n is float
t is boolean
s is boolean
s.title is callable
undef is callable
n is callable
n is eq 5
n is eq(5)
n is equalto 6
n is ne 5
3 is in l
s is in(l)
t is not false
'a' if t else 'b' 'a' if e
else
'b' 'a' if e
'a' if t
'a' if e else 'b' if t
'c'
(1,2)
(1,)
{}
{'a':1,'b':[1]}
{'a':1}.a
'it\'s' "a\nb\tc" 'a\x41\u00e9\U0001f600\101\d' 'é\é😀\😀中\中' 'a' 'b'
1,2
l.append
true
True
false
False
none
None
1.5e3
1e5
1_000
007
00
1.0 .5
1.
l.0
l.1
d.a.x.1
range(3)|list
range(1,4)|list
range(5,0,-2)|list
range(1,2,0)
range(200000)|list
dict(a=1)
dict(d,z=2)|tojson
namespace(a=1).a
namespace(a=1).b
raise_exception('x')
raise_exception()
is
defined
foo()
foo
s|trim|length > 3
'a' ~ 'b'|length
('a' ~ 'b')|length
-1|string
-n|string
2**3**2
2*3+4
2+3*4
(2+3)*4
10-3-2
8/2/2
not n == 5
n in l or t
'x' ~ 1
+ 2
1 + 2
~
'x'
- 5 -- 5 +-5
not not t
'a'.b.c
d . a . x
s [0]
(s).startswith('h')
s|trim('h').startswith('é')
s|safe + '<' '<' + s|safe
('<' + (s|safe))
('<' ~ (s|safe))
(s|safe)|trim (s|safe)|length
(s|safe)[0] + '<'
(s|safe)*2
(s|safe).split(' ')[0] + '<'
((s|tojson|safe) ~ '<') [s|safe]|join('<')
d.a.x|tojson|safe
(s|safe) is string
(s|safe)|string + '<'
(s|safe) == s
[undef]
[undef]|tojson
[none,true,1.5,'a\n']
{'a':undef}|tojson
(l|tojson)[0]
d|tojson|length
l|join(d)
d is mapping and d.items is defined
d['items']()
d.pop('b')
d.update({})
d._x
d['_x']
d.__class__
s.__class__
d['__class__']
s['zz']
'abc'[1:]
'abc'[-1]
'abc'[5]
'abc'[0:10:3]
'abc'[10:]
l[t]
l[1.0]
l[none]
l['0']
d[1]
d[none]
'x' * 3 ~ 'y'
n|default
n|string|length
""".strip("\n").split("\n")

# One source a line.
SOURCES = r"""
{% for m in messages %}{{ m.role }}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }};{% endfor %}
{% for m in messages %}{{ loop.previtem.role if loop.previtem }}-{{ loop.nextitem.role if not loop.last }};{% endfor %}
{% for m in messages %}{{ loop.previtem is defined }}{% endfor %}
{% for m in messages %}{{ loop.previtem.role }}{% endfor %}
{% for m in messages if m.role != 'user' %}{{ m.role }}{{ loop.index }}/{{ loop.length }}{% else %}none{% endfor %}
{% for m in messages if m.role == 'nope' %}{{ m.role }}{% else %}none{% endfor %}
{% for m in messages %}{% if m.role == 'assistant' %}{% break %}{% endif %}{{ m.role }}{% endfor %}
{% for m in messages %}{% if m.role == 'assistant' %}{% continue %}{% endif %}{{ m.role }}{% endfor %}
{% break %}
{% for m in messages %}{% macro x() %}{% break %}{% endmacro %}{{ x() }}{% endfor %}
{% set x = 1 %}{% for m in messages %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}
{% for m in messages %}{% if loop.first %}{% set x = 5 %}{% endif %}{{ x is defined }}{{ x }}{% endfor %}{{ x is defined }}
{% set ns = namespace(x=1) %}{% for m in messages %}{% set ns.x = ns.x + 1 %}{% endfor %}{{ ns.x }}
{% set ns = namespace() %}{% set ns.y = 1 %}{{ ns.y }}{{ ns.z is defined }}{{ ns.z }}
{% set q.x = 1 %}
{% set q = {} %}{% set q.x = 1 %}
{% set ns = namespace(_a=1) %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}
{% set a, b = 1, 2, 3 %}
{% set a = 1, 2 %}{{ a }}
{% set a %}x{{ 1 }}y{% endset %}{{ a }}{{ a|length }}
{% set a %}{% set b = 3 %}{{ b }}{% endset %}{{ a }}{{ b is defined }}
{% macro m(a, b=2, c=a) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1,3) }}{{ m(1,c=4) }}{{ m() }}{{ m(b=1,a=2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1,2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1,a=2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(zz=2) }}
{% macro m(a=1,b) %}{% endmacro %}
{% macro m(a) %}{{ a is defined }}{{ a }}{{ a.b is defined }}{% endmacro %}{{ m() }}
{% macro m(n) %}{{ n }}{% if n > 0 %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(5) }}
{% macro m() %}{{ later }}{% endmacro %}{% set later = 4 %}{{ m() }}
{% macro m() %}{{ messages|length }}{% set messages = 3 %}{{ messages }}{% endmacro %}{{ m() }}{{ messages|length }}
{{ m is defined }}{% macro m() %}x{% endmacro %}{{ m is defined }}{{ m is callable }}
{% for m in messages %}{% macro f() %}{{ m.role }}{% endmacro %}{{ f() }}{% endfor %}{{ f is defined }}
{% for k, v in messages[2].tool_calls[0].function.arguments|items %}{{ k }}={{ v|tojson }};{% endfor %}
{% for k in messages[0] %}{{ k }};{% endfor %}
{% for k, v in messages[0].items() %}{{ k }}{{ v }};{% endfor %}
{% for c in 'héy' %}{{ c }}-{% endfor %}
{% for a, b in [[1,2],(3,4),'xy'] %}{{ a }}{{ b }}{% endfor %}
{% for a, b in [[1,2,3]] %}{{ a }}{{ b }}{% endfor %}
{% for (a, b) in [[1,2]] %}{{ a }}{{ b }}{% endfor %}
{% for a in none %}{% endfor %}
{% for a in 5 %}{% endfor %}
{% for a in undef %}x{% else %}y{% endfor %}
{% for a in 1, 2, 3 %}{{ a }}{% endfor %}
{% for a in [1,2] if a > 1 else [3] %}{{ a }}{% endfor %}
{% for i in range(3) %}{% for j in range(i) %}{{ loop.index }}{{ i }}{{ j }};{% endfor %}{{ loop.index }}{% endfor %}
{% for i in range(3) %}{% for j in [] %}{% else %}{{ loop.index }}{% endfor %}{% endfor %}
{% if messages %}a{% elif x %}b{% else %}c{% endif %}{% if x %}a{% elif messages %}b{% else %}c{% endif %}{% if x %}a{% elif y %}b{% else %}c{% endif %}
{% if %}{% endif %}
{% if 1 %}
{% endif %}
{% else %}
{% generation %}a{% set z = 1 %}{{ z }}{% endgeneration %}{{ z is defined }}
{% for m in messages %}{% generation %}{{ m.role }}{{ loop.index }}{% endgeneration %}{% endfor %}
  {%- raw -%}  {{ x }}  {%- endraw -%}  b
 y
{{ 'a' 'b' }}{{ "x" 'y' }}
{{ 'a
b' }}
{{
  messages[0]
  .role
}}
{{ x
{% if x
{{ 'abc }}
{{ }}
{{ a b }}
{{ 1 + }}
{{ (1 }}
{{ 1) }}
{{ [1 }}
{{ {'a':1 }}
{{ {'a':{'b':{}}}}}
{{ {'a':{'b':1}}['a'] }}
{{ $ }}
{{ a ! b }}
{{ a is }}
{{ a | }}
{{ a.}}
{{ a[}}
{{ a[1:2:3:4] }}
{{ f(a=1, 2) }}
{{ f(a=1,a=2) }}
{{ 'x' is string is string }}
{{ x is string and 1 }}
{{ 'x' is string if 1 else 2 }}
{{ ('x' is string) if 1 else 2 }}
{# comment #}a{#- c -#}  b {# c #}
c{#+ c +#}
d
a
  {# c #}
b
  {#- c #}
x{% if 1 %}
y
z
x
  {% if 1 %}  
  y
  {% endif %}  
  {%+ if 1 +%}
  {%+ endif +%}
  {{ 1 }}
  {{- 2 -}}
  3
a  {%- if 1 -%}  b  {%- endif -%}  c
   {% set x = 1 %}
   {{ x }}
{{ "\n" }}
{{ 'a\tb' }}{{ 'a\'b' }}{{ "a\"b" }}{{ 'a\\b' }}
{{ messages[-1].content[0].text ~ messages[0]['content'] }}
{{ messages[1:]|length }}{{ messages[::-1][0].role }}{{ messages[:-1]|length }}
{{ messages[0].role == 'system' and messages[1].role in ['user','x'] and messages[1].role in ('user',) }}
{{ tools|tojson }}{{ tools is mapping }}{{ tools is sequence }}{{ documents }}{{ add_generation_prompt }}
{% set it = messages[0]|items %}{{ it|list }}{{ it|list }}
{% set it = messages[0]|items %}{{ it|first }}{{ it|list }}
{% set it = messages[0].items() %}{{ it|list }}{{ it|list }}{{ it|length }}{{ it is sequence }}{{ it is iterable }}{{ it[0] is defined }}
{% set it = range(5) %}{{ it[1] }}{{ it|length }}{{ it is sequence }}{{ it|list }}{{ 3 in it }}{{ it|last }}{{ it|first }}
{% set it = messages[0]|items %}{{ it|length }}
{{ messages[0]|items|last }}{{ messages[0].keys()|last }}
{% if {}|items %}a{% endif %}{% if {}.items() %}b{% endif %}{% if {'a':1}.keys() %}c{% endif %}
{{ 'role' in messages[0].keys() }}{{ 'system' in messages[0].values() }}
{% set loop = 3 %}{{ loop }}{% for i in [1] %}{{ loop.index }}{% endfor %}{{ loop }}
{% set x = [] %}{% set y = x.append(1) %}{{ x }}
{%- for message in messages %}
    {%- if message.role == "user" %}
        {{- message.content }}
    {%- endif %}
{%- endfor %}
{% set true = 1 %}
{% for none in [1] %}{% endfor %}
{% macro m(true) %}{{ true }}{% endmacro %}{{ m(3) }}
{{ not }}
{{ 'a' if }}
{% set a = 1 if x %}{{ a is defined }}
{% set x = 'a' ~ 1 if true else 'b' %}{{ x }}
{{ 'x' if true }}{{ 'x' if false }}
{% if x is not defined and not x %}ok{% endif %}
{% set a = messages[0].content | trim ~ 'x' %}{{ a }}
{{ - 1 | string }}{{ -1|string|length }}
{{ 1 if 0 else 2 if 0 else 3 }}
{% if 1 %}{% set a = 2 %}{% endif %}{{ a }}
""".strip("\n").split("\n")

# White space and line ends.
LINES = [
    "",
    "a\r",
    "b\rc{% if 1 %}\r",
    "d{% endif %}\r",
    "\u3000{%- if 1 %}x{% endif -%}\u00a0\u2028y",
    "\u3000{% if 1 %}x{% endif %}\u00a0",
    "x{% if 1 %}\ny\n{% endif %}\nz",
    "x\n  {% if 1 %}  \n  y\n  {% endif %}  \nz",
    "x\n  {%+ if 1 +%}\n  y\n  {%+ endif +%}\nz",
    "  {{ 1 }}\n  {{- 2 -}}\n  3",
    "{{ 1 }}\n",
    "{{ 1 }}\n\n",
    "\n{{ 1 }}",
    "\n",
    "   ",
    "   {% set x = 1 %}\n\n   {{ x }}\n",
    "a\n  {# c #}\nb",
    "a\n  {#- c #}\nb",
    "{# a #}\n{# b #}\nc",
    "{% raw %}\na\n{% endraw %}\nb",
    "  {% raw %}  \n a {{ b }}\n  {% endraw %}\nb",
    "{{ \"a\\\nb\" }}",
    "{{ {\n\"a\": 1} }}",
    "{% if 1 -%}\n\n  a\n\n{%- endif %}\n",
    "\t{% if 1 %}\n\tx\n\t{% endif %}\ny",
]


def body(rng, depth):
    """A random piece of a template: tags with every kind of white space around them."""
    out = ""
    space = lambda: rng.choice(["", "\n", "  ", "\n  ", "\n\n    ", " \n", "\u3000", " x ", "x\n  "])
    begin = lambda: rng.choice(["{%", "{%", "{%-", "{%+"]) + " "
    end = lambda: " " + rng.choice(["%}", "%}", "-%}", "+%}"])
    for _ in range(rng.randrange(1, 4)):
        out += space()
        kind = rng.randrange(7) if depth > 0 else rng.randrange(3)
        if kind == 0:
            value = rng.choice(["x", "y", "i", "loop.index", "loop.first", "ns.v", "m(1)", "m(i)"])
            out += rng.choice(["{{", "{{-"]) + " " + value + " " + rng.choice(["}}", "-}}"])
        elif kind == 1:
            assignment = rng.choice(["x = 1", "y = x", "x = i", 'ns.v = ns.v ~ "a"', "y = loop.index0"])
            out += begin() + "set " + assignment + end()
        elif kind == 2:
            out += rng.choice(["{#", "{#-"]) + " c " + rng.choice(["#}", "-#}"])
        elif kind == 3:
            condition = rng.choice(["x", "y", "i == 1", "loop.first", "not x"])
            out += begin() + "if " + condition + end() + body(rng, depth - 1)
            out += rng.choice(["", begin() + "else" + end() + body(rng, depth - 1)]) + begin() + "endif" + end()
        elif kind == 4:
            values = rng.choice(["[1,2]", "[x]", "[]", '"ab"', "range(2)"]) + rng.choice(["", " if i != 1"])
            out += begin() + "for i in " + values + end() + body(rng, depth - 1) + begin() + "endfor" + end()
        elif kind == 5:
            out += begin() + "set y" + end() + body(rng, depth - 1) + begin() + "endset" + end()
        else:
            out += begin() + "macro m(i=7)" + end() + body(rng, depth - 1) + begin() + "endmacro" + end()
        out += space()
    return out


rng = random.Random(6)
sources = ["{{ " + expression + " }}" for expression in EXPRESSIONS] + SOURCES + LINES
sources += ['{% set ns = namespace(v="") %}' + body(rng, 3) for _ in range(500)]
rows = [{"variables": VARIABLES, "messages": MESSAGES}]
for source in sources:
    row = {"source": source}
    try:
        row["text"] = render_jinja_template([MESSAGES], chat_template=source, **VARIABLES)[0][0]
    except Exception as error:
        row["error"] = type(error).__name__
    rows.append(row)
with open(sys.argv[1], "w") as file:
    for row in rows: file.write(json.dumps(row, ensure_ascii=False) + "\n")
print(len(rows) - 1, "sources,", sum("text" in row for row in rows), "rendered")
