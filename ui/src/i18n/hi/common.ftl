### जो कई जगह कहा जाता है: समय, बटन, चारों ओर का ढाँचा।

app-name = Kith

section-chats = बातचीत
section-contacts = संपर्क
section-settings = सेटिंग
list-width = सूची की चौड़ाई
own-menu = आपकी प्रोफ़ाइल
own-profile = प्रोफ़ाइल
own-lock = लॉक करें
own-other-profile = दूसरी प्रोफ़ाइल खोलें
own-quit = बंद करें
lock-failed = Kith लॉक नहीं हुआ, क्योंकि इसकी विंडो फिर नहीं खुल पाती ({ $reason })। लॉक करने के लिए Kith को बंद करें, फिर दोबारा शुरू करें।
other-failed = दूसरी विंडो नहीं खुल सकी ({ $reason })। यह विंडो चलती रहेगी। Kith को बंद करके दोबारा शुरू करें; फिर भी न हो तो इसे फिर से इंस्टॉल करें।
back = वापस
close = बंद करें
cancel = रद्द करें
continue = आगे बढ़ें
retry = फिर कोशिश करें
cause-denied = अनुमति नहीं मिली
cause-not-found = फ़ाइल या फ़ोल्डर नहीं मिला
cause-no-room = डिस्क में जगह नहीं है
cause-read-only = डिस्क केवल पढ़ी जा सकती है
cause-other = सिस्टम की त्रुटि { $number }
load-failed-title = यह खुल नहीं सका
copied = कॉपी हो गया
show-passphrase = पासफ़्रेज़ दिखाएँ
hide-passphrase = पासफ़्रेज़ छिपाएँ
working = काम हो रहा है…
dismiss = सूचना हटाएँ

unread-count = { $count ->
    [one] { $count } नया संदेश
   *[other] { $count } नए संदेश
}

tick-pending = सहेजा जा रहा है
tick-saved = इस कंप्यूटर पर सहेजा गया
tick-held = एक मित्र के कंप्यूटर पर उनके लिए रखा है
tick-delivered = पहुँच गया
tick-read = पढ़ा गया

day-today = आज
day-yesterday = कल
date-this-year = { $day } { $month }
date-other-year = { $day } { $month } { $year }
date-time = { $date }, { $time }
seen-just-now = अभी-अभी देखा गया
seen-minutes = { $minutes ->
    [one] { $minutes } मिनट पहले देखा गया
   *[other] { $minutes } मिनट पहले देखा गया
}
seen-today = आज { $time } बजे देखा गया
seen-yesterday = कल { $time } बजे देखा गया
seen-on = { $day } को देखा गया
weekday-monday = सोमवार
weekday-tuesday = मंगलवार
weekday-wednesday = बुधवार
weekday-thursday = गुरुवार
weekday-friday = शुक्रवार
weekday-saturday = शनिवार
weekday-sunday = रविवार
month-january = जनवरी
month-february = फ़रवरी
month-march = मार्च
month-april = अप्रैल
month-may = मई
month-june = जून
month-july = जुलाई
month-august = अगस्त
month-september = सितंबर
month-october = अक्तूबर
month-november = नवंबर
month-december = दिसंबर

fault = Kith के भीतर कुछ गड़बड़ हुई और रोक ली गई। सहेजा हुआ सब सुरक्षित है। अब कुछ काम न करे तो Kith को दोबारा शुरू करें। रिपोर्ट के लिए: { $place }
settings-unread = आपकी कुछ सेटिंग पढ़ी नहीं जा सकीं और शुरुआती रूप में हैं। उनकी फ़ाइल सुरक्षित रखी है: { $file }
link-failed = इस कंप्यूटर पर लिंक किसी से नहीं खुला। उसका पता कॉपी कर दिया गया है: उसे ब्राउज़र में चिपकाएँ।

# The window's own code failed.
fallen-title = इस विंडो में कुछ गड़बड़ हो गई
fallen-text = आपके संदेश सुरक्षित हैं। इस पृष्ठ के पीछे Kith का भेजना और पाना जारी है।
fallen-go-on = आगे बढ़ें
fallen-anew = Kith को फिर से शुरू करें
