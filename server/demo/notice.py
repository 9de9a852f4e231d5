"""The purpose text of the demo city, in full, as a city would publish it (P1)."""

TEXT_JA = """所在情報の取扱いについて

1 利用目的
職員が携帯する名札型ビーコンの電波を庁舎内の受信機で受信し、次の目的に限って利用します。
・職員どうしが互いの所在を確認するため
・座席、会議室及びロッカーを運用するため
・災害時に避難状況を確認するため
・個人を識別できない統計により、庁舎の使い方を改善するため
勤怠管理、人事評価、在席時間の測定には利用しません。そのための画面も書き出しもありません。

2 記録する内容
今いるゾーン、その確からしさ、最後に受信した時刻だけを記録し、次の受信で上書きします。
座標、移動の履歴、滞在時間、誰の隣に座ったかは記録しません。

3 記録しない場所と時間
化粧室、健康管理室、休憩室などには受信機を置かず、記録もしません。
勤務時間外（職員ごとの勤務時間の前後）は受信した情報を読まずに破棄します。

4 選べること
ビーコンの携帯は任意です。持たないことによる不利益はありません。
公開範囲は相手ごとに選べます。所在表示はいつでも止められ、理由は聞かれません。止めている間は所属長にも見えません。

5 保存期間
現在の所在は夜間に消去します。受信した電波の値は15分以内に破棄します。閲覧履歴は1年で消去します。

6 閲覧履歴
あなたの所在を名前で調べた人、日時、画面は、あなたに表示されます。

7 問合せ
実施責任者又は所属の庶務担当にお尋ねください。開示、訂正、利用停止を請求できます。
"""

TEXT_EN = """About location information

1 Purpose
Receivers in this building hear the badge beacons that staff choose to carry. What they hear is used only
- so that colleagues can find each other,
- to run seats, rooms and lockers,
- to check an evacuation in an emergency,
- for statistics that identify nobody, to make better use of the building.
It is not used for attendance, for appraisal, or to measure time at the desk. There is no screen and no export for that.

2 What is recorded
Only the zone you are in, how sure that is, and when you were last heard; the next reception overwrites it.
No coordinates, no trail, no length of stay, and never who sat next to whom.

3 Where and when nothing is recorded
There are no receivers in toilets, the health room or places to rest, and nothing is recorded there.
Outside working hours, whatever is received is thrown away unread.

4 What you can choose
Carrying a beacon is voluntary. Not carrying one has no disadvantage.
You choose who sees how much. You can hide your location at any time without a reason; your manager cannot see past it.

5 How long
Where you are now is erased at night. Received radio levels are gone within 15 minutes.
Look-ups are erased after a year.

6 Who looked you up
Whoever looks you up by name is shown to you, with time and screen.

7 Questions
Ask the responsible officer or your section’s administrator. You may ask for disclosure, correction or an end of use.
"""
